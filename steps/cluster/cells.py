"""The kept cells of several files as one matrix over the genes that every file has, in the order of joinCells (run.ts)."""
import os
from dataclasses import dataclass

import anndata
import numpy as np
import scipy.sparse as sparse
from step_job import refuse


@dataclass(frozen=True)
class Cells:
    """Rows in the order of the files; genes in the order of the first file."""

    counts: sparse.csr_matrix
    cell_ids: list
    sample_ids: list
    gene_names: list
    gene_ids: list
    gene_symbols: list
    n_files: int


def join_cells(paths):
    """Files without cells do not count: they say nothing of the genes that were measured."""
    files = [file for file in map(_read, paths) if file.n_obs > 0]
    if not files:
        return Cells(sparse.csr_matrix((0, 0), dtype=np.float32), [], [], [], [], [], 0)
    shared = set.intersection(*(set(file.var_names) for file in files))
    genes = [gene for gene in files[0].var_names if gene in shared]
    parts = [sparse.csr_matrix(file.X, dtype=np.float32)[:, file.var_names.get_indexer(genes)] for file in files]
    counts = sparse.vstack(parts, format="csr")
    counts.sort_indices()
    first = files[0].var.loc[genes]
    return Cells(
        counts=counts,
        cell_ids=[cell for file in files for cell in file.obs_names],
        sample_ids=[str(sample) for file in files for sample in file.obs["sample_id"]],
        gene_names=genes,
        gene_ids=[str(gene) for gene in first.get("gene_id", first.index)],
        gene_symbols=[str(gene) for gene in first.get("gene_symbol", first.index)],
        n_files=len(files),
    )


def _read(path):
    if not os.path.exists(path):
        refuse(input=path, found="no file", expected="an HDF5 file", advice="Check the path.")
    try:
        return anndata.read_h5ad(path)
    except Exception as error:
        words = next((line.strip() for line in str(error).split("\n") if line.strip()), "an unreadable file")
        refuse(
            input=path, found=words[:200], expected="a whole HDF5 file",
            advice="The file may be cut off or damaged: copy it again, and open it with h5ls to see.",
        )
