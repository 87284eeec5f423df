"""scirpy on one AIRR table: seconds of each stage as JSON on stdout, its partition as cell<TAB>clone.

    python scirpy_clones.py TABLE OUTPUT identity|normalized_hamming
"""
import json
import resource
import sys
import time
import warnings

warnings.simplefilter("ignore")
import pandas as pd
import scirpy as ir

path, output, metric = sys.argv[1:]
keys = {"metric": metric, "sequence": "nt", "n_jobs": 2}
rule = {"same_v_gene": True, "same_j_gene": True} if metric == "normalized_hamming" else {}
# Compiled on a handful of cells, outside what is measured.
warm = ir.io.read_airr(pd.read_csv(path, sep="\t", nrows=60))
ir.pp.index_chains(warm)
ir.tl.chain_qc(warm)
ir.pp.ir_dist(warm, **keys)
ir.tl.define_clonotype_clusters(warm, **keys)

seconds = {}
used = lambda: time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
before = used()


def stage(name, call):
    start = time.perf_counter()
    result = call()
    seconds[name] = time.perf_counter() - start
    return result


a = stage("read", lambda: ir.io.read_airr(path))
stage("chains", lambda: (ir.pp.index_chains(a), ir.tl.chain_qc(a)))
stage("clones", lambda: (ir.pp.ir_dist(a, cutoff=15 if metric == "normalized_hamming" else None, **keys), ir.tl.define_clonotype_clusters(a, key_added="clone", **keys, **rule)))
cpu = used() - before
a.obs["clone"].dropna().to_csv(output, sep="\t", header=False)
print(json.dumps({**seconds, "cpu": cpu, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
