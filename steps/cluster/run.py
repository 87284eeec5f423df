"""Kept cells of every sample -> one embedding with clusters, and their marker genes, by scanpy: what run.ts gives by scran.js."""
import json
import os
import sys

# The engine digests this folder: no byte code may appear in it.
sys.dont_write_bytecode = True

from step_job import library_version, refuse, run_step  # noqa: E402

# With fewer there is no neighbourhood to speak of; cells alone in their sample vary in nothing once the sample is regressed out.
LEAST_CELLS = 11
LEAST_FREEDOM = 5


def cluster(job):
    # Sums in another order are other numbers, and the number of threads decides the order: one thread wherever a sum is
    # split, so that a result does not depend on the profile. Neighbours and markers, which are not split, use them all.
    for library in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
        os.environ[f"{library}_NUM_THREADS"] = "1"
    params, threads = job["params"], job["limits"]["cpus"]
    if params["batch"] == "harmony":
        library_version("harmonypy")
    from cells import join_cells
    from gene_families import GENE_FAMILIES, is_of_family
    from outputs import write_embedding, write_markers, write_stability
    from stability import sweep_resolutions, unswept

    for asked in params["hvg_exclude"]:
        if asked not in GENE_FAMILIES:
            refuse(input="cluster.hvg_exclude", found=json.dumps(asked), expected=f"a list of {', '.join(GENE_FAMILIES)}", advice="Change steps.cluster.hvg_exclude in the run file.")
    for asked in params["stability_resolutions"]:
        if isinstance(asked, bool) or not isinstance(asked, (int, float)) or not 0.01 <= asked <= 20:
            refuse(input="cluster.stability_resolutions", found=json.dumps(asked), expected="numbers from 0.01 to 20", advice="Change steps.cluster.stability_resolutions in the run file.")
    cells = join_cells([file["path"] for file in job["inputs"]["kept"]])
    if cells.n_files > 1 and cells.counts.shape[1] == 0:
        refuse(
            input=job["inputs"]["kept"][0]["path"],
            found="samples that share no gene name",
            expected="one annotation for all samples",
            advice="Check whether some matrices name genes by symbol and others by id, or come from another species.",
        )
    n_cells, n_samples = len(cells.cell_ids), len(set(cells.sample_ids))
    chain = None
    if n_cells >= LEAST_CELLS and n_cells - n_samples >= LEAST_FREEDOM:
        from scanpy_chain import cluster_cells

        # The transgene is what cells are asked about, so that it must not decide which of them are alike.
        chain = cluster_cells(
            cells, params, threads,
            never_variable=(job["config"].get("car") or {}).get("features", []),
            is_excluded=lambda symbol: is_of_family(symbol, params["hvg_exclude"]),
        )
    write_embedding(job["outputs"]["embedding"], cells, chain, params["batch"])
    if params["stability_draws"] == 0:
        stability = unswept(params, "not asked for: stability_draws is 0")
    elif chain is None:
        stability = unswept(params, "too few cells for clusters")
    else:
        stability = sweep_resolutions(chain.components, params, threads, job["seed"])
    write_stability(job["outputs"]["cluster_stability"], stability)
    write_markers(job["outputs"]["markers"], cells, chain.markers if chain else None, params["n_markers"])


run_step(cluster)
