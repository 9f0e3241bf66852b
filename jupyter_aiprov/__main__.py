"""`python -m jupyter_aiprov`: the command line without a script on the path."""

from jupyter_aiprov.cli import main

main()
