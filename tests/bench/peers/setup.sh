#!/bin/sh
# The peers of `npm run bench -- clones`, `doublets`, `formats`, `large` and `scores` in one virtual environment, pinned, from PyPI: sh tests/bench/peers/setup.sh [FOLDER]
# FOLDER defaults to $LYMPHLINE_PEERS, else tests/bench/peers/venv. Needs Python 3.12 or newer (PYTHON names one). About a minute, 1 GB.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
home=${1:-${LYMPHLINE_PEERS:-$here/venv}}
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' || { echo "Python 3.12 or newer is needed: set PYTHON." >&2; exit 1; }
"$python" -m venv "$home"
"$home/bin/pip" install -q -r "$here/requirements.txt"
"$home/bin/python" -W ignore -c 'import scirpy, decoupler, pyucell; print("scirpy", scirpy.__version__, "decoupler", decoupler.__version__)'
