"""scanpy score_genes, decoupler ulm and zscore, and pyUCell on the counts of the bench: wall seconds, compiled beforehand on 200 cells."""
import json
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import anndata as ad
import pandas as pd
import scanpy as sc

warnings.simplefilter("ignore")
folder = Path(sys.argv[1])
counts = ad.read_h5ad(folder / "counts.h5ad")
sets = json.loads((folder / "sets.json").read_text())
net = pd.DataFrame([(name, gene) for name, genes in sets.items() for gene in genes], columns=["source", "target"])


def timed(tool, call, warm=None):
    try:
        if warm is not None:
            warm()
        started = time.perf_counter()
        call()
        print(f"  {tool:<34} {time.perf_counter() - started:.2f} s")
    except Exception as error:
        print(f"  {tool:<34} not run: {error}")


try:
    import pyucell
    small = counts[:200].copy()
    timed(f"pyUCell {version('pyucell')}", lambda: pyucell.compute_ucell_scores(counts, signatures=sets, n_jobs=2), lambda: pyucell.compute_ucell_scores(small, signatures=sets, n_jobs=2))
except ImportError as error:
    print(f"  pyUCell not installed: {error}")
sc.pp.normalize_total(counts, target_sum=1e4)
sc.pp.log1p(counts)
sc.settings.verbosity = 0
small = counts[:200].copy()
timed(f"scanpy {version('scanpy')} score_genes", lambda: [sc.tl.score_genes(counts, genes, score_name=name) for name, genes in sets.items()])
try:
    import decoupler as dc
    for method in ("ulm", "aucell", "zscore"):
        run = getattr(dc.mt, method)
        timed(f"decoupler {version('decoupler')} {method}", lambda: run(counts, net), lambda: run(small, net))
except ImportError as error:
    print(f"  decoupler not installed: {error}")
