#!/usr/bin/env python
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "glossary_cms.settings")
    from glossary_cms.commands import main

    main(sys.argv)
