"""Long work as jobs, which run in worker processes.

``start_job`` writes a row of ``Job`` and puts its id into the queue of Django's tasks. A worker
(``work_off``) takes it from there and calls the function of its kind. The row says how far the work
is, and in the end what came of it.

To add a kind, write a function and a ``JobKind`` in a module of this package, and list it in
``kinds.KINDS``::

    def import_folder(job: Job, watch: Watch) -> JobResult:
        plan = ...  # from job.arguments, which are JSON
        outcome = run_import(plan, job.person, progress=watch.progress)
        return JobResult(counts={_("terms created"): 12}, notes=[...], links=[...])

    IMPORT = JobKind("import", import_folder, _lazy("Import"), "change_term",
                     repeats_because="an import is all or nothing, or goes on")

and start it with ``start_job("import", glossary, person, {"plan": plan.pk}, title)``. Then:

- The function checks the person's permissions again for each row: they may have changed since.
- ``watch.progress`` goes where a ``Progress`` is asked for. It raises ``JobCancelled`` or
  ``JobStopped`` before the next item, so it belongs between transactions or inside one that may be
  rolled back. Work that must be completed once begun uses ``watch.until_stopped``, which ends the
  loop instead.
- ``JobRefused`` and the exceptions in ``refusals`` are told to the person as they are. All others
  are logged, and the person gets a neutral sentence.
- A function with ``repeats_because`` is called again if its worker died. One that writes in a
  single transaction calls ``watch.keep(result)`` in it: the job then counts as done from the commit
  on. Without ``repeats_because`` the job fails, and says ``after_death``.
"""
