"""The readers' side as pages: what is sent for every path, made from published terms alone."""
