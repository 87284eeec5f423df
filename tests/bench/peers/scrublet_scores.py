"""Scrublet's doublet score of every cell of an h5ad with counts in X: one a line.

    python scrublet_scores.py INPUT.h5ad OUTPUT expected_rate
"""
import contextlib
import sys
import warnings

warnings.simplefilter("ignore")
import h5py
import scipy.sparse
import scrublet

path, output, rate = sys.argv[1:]
with h5py.File(path) as file:
    x = file["X"]
    counts = scipy.sparse.csr_matrix((x["data"][:], x["indices"][:], x["indptr"][:]), shape=tuple(x.attrs["shape"]))
with contextlib.redirect_stdout(sys.stderr):
    # Its own defaults, but for the seed and the rate; 20 components as ours.
    scores, calls = scrublet.Scrublet(counts.tocsc(), expected_doublet_rate=float(rate), random_state=0).scrub_doublets(n_prin_comps=20)
with open(output, "w") as out:
    for k, score in enumerate(scores):
        print(score, "" if calls is None else int(calls[k]), sep="\t", file=out)
