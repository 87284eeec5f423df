"""h5py, anndata and scanpy on the files of the formats bench, a process each. Prints lines of JSON.

    python formats_peers.py read FILE                 every value of X by h5py, some megabytes at a time
    python formats_peers.py write FILE TARGET LEVEL   anndata's writer
    python formats_peers.py scanpy FILE               h5ad to markers, by sample with Harmony where harmonypy is there
    python formats_peers.py judge FILE EMBEDDING           clusters against planted types, and how samples mix
"""
import json
import resource
import sys
import time
import warnings

warnings.simplefilter("ignore")


def rss_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Stage:
    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self.wall, self.cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_):
        print(json.dumps({"stage": self.name, "wall": time.perf_counter() - self.wall, "cpu": time.process_time() - self.cpu, "rss_mb": rss_mb()}), flush=True)


def read(path):
    import h5py
    total, stored = 0.0, 0
    with Stage("read"), h5py.File(path) as file:
        for name in ("data", "indices"):
            dataset = file["X"][name]
            step = dataset.chunks[0] * max(1, (1 << 20) // dataset.chunks[0])
            for first in range(0, dataset.shape[0], step):
                values = dataset[first:first + step]
                total += float(values.sum(dtype="float64"))
                stored += len(values) if name == "data" else 0
    print(json.dumps({"stored": stored, "sum": total}))


def write(path, target, level):
    import anndata
    data = anndata.read_h5ad(path)
    with Stage("write"):
        data.write_h5ad(target, compression="gzip", compression_opts=int(level))


def scanpy_chain(path):
    import numpy
    with Stage("import"):
        import scanpy
    with Stage("read"):
        data = scanpy.read_h5ad(path)
    with Stage("qc"):
        data.var["mt"] = data.var_names.str.startswith("MT-")
        scanpy.pp.calculate_qc_metrics(data, qc_vars=["mt"], inplace=True, percent_top=None, log1p=True)
        data = data[((data.obs["n_genes_by_counts"] >= 200) & (data.obs["pct_counts_mt"] < 10)).to_numpy()].copy()
    try:
        with Stage("doublets (scrublet)"):
            # With a threshold given it does without scikit-image; the scores are what takes time.
            scanpy.pp.scrublet(data, batch_key="sample_id", threshold=0.25)
    except ImportError as error:
        print(json.dumps({"stage": "doublets (scrublet)", "missing": str(error)}))
    with Stage("normalise"):
        scanpy.pp.normalize_total(data, target_sum=1e4)
        scanpy.pp.log1p(data)
    with Stage("variable genes"):
        scanpy.pp.highly_variable_genes(data, n_top_genes=2000, batch_key="sample_id")
    with Stage("components"):
        scanpy.pp.pca(data, n_comps=30)
    space = "X_pca"
    try:
        import harmonypy
        with Stage("harmony"):
            fitted = numpy.asarray(harmonypy.run_harmony(numpy.asarray(data.obsm["X_pca"], dtype="float64"), data.obs, "sample_id", verbose=False).Z_corr)
            data.obsm["X_harmony"] = fitted if fitted.shape[0] == data.n_obs else fitted.T
        space = "X_harmony"
    except ImportError as error:
        print(json.dumps({"stage": "harmony", "missing": str(error)}))
    with Stage("neighbours"):
        scanpy.pp.neighbors(data, n_neighbors=15, use_rep=space)
    with Stage("leiden"):
        scanpy.tl.leiden(data, flavor="igraph", n_iterations=2, directed=False)
    with Stage("umap"):
        scanpy.tl.umap(data, maxiter=200)
    with Stage("markers"):
        scanpy.tl.rank_genes_groups(data, "leiden", method="t-test")
    judged(data.obs["planted_type"].to_numpy(), data.obs["leiden"].to_numpy(), data.obs["sample_id"].to_numpy(), data.obsm[space])
    print(json.dumps({"rss_mb": rss_mb()}))


def judged(types, clusters, samples, space):
    """Mixing: of the neighbours of one's own type, the share in other samples, over what chance would give; 1 is perfect."""
    import numpy
    from sklearn.metrics import adjusted_rand_score
    from sklearn.neighbors import NearestNeighbors
    near = NearestNeighbors(n_neighbors=16).fit(space).kneighbors(return_distance=False)[:, 1:]
    types, samples = numpy.asarray(types).astype(str), numpy.asarray(samples).astype(str)
    same = types[near] == types[:, None]
    leaves = float((same & (samples[near] != samples[:, None])).sum() / same.sum())
    expected = []
    for kind in numpy.unique(types):
        counts = numpy.unique(samples[types == kind], return_counts=True)[1]
        n = counts.sum()
        expected.append((n, 1 - float((counts * (counts - 1)).sum() / (n * (n - 1))) if n > 1 else 0.0))
    chance = sum(n * share for n, share in expected) / sum(n for n, _ in expected)
    print(json.dumps({"ari": round(float(adjusted_rand_score(types, clusters)), 4), "clusters": len(set(map(str, clusters))), "mixing": round(leaves / chance, 3)}))


def judge(path, embedding):
    import anndata
    found = anndata.read_h5ad(embedding)
    truth = anndata.read_h5ad(path, backed="r").obs["planted_type"]
    judged(truth.reindex(found.obs_names).to_numpy(), found.obs["cluster"].to_numpy(), found.obs["sample_id"].to_numpy(), found.obsm["X_pca"])


if __name__ == "__main__":
    verb, *rest = sys.argv[1:]
    {"read": read, "write": write, "scanpy": scanpy_chain, "judge": judge}[verb](*rest)
