# Sums over cells and their pairs -> tests of every gene and gene set in each contrast and cell type.
# R writes a space of the path as ~+~.
own_path <- gsub("~+~", " ", sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1]), fixed = TRUE)
for (name in c("job.R", "paired-tests.R")) source(file.path(dirname(own_path), name))
suppressPackageStartupMessages({
  library(limma)
  library(edgeR)
})
# A factor's or a sort's order must not depend on the machine's language.
invisible(Sys.setlocale("LC_COLLATE", "C"))

job <- read_job()
versions <- tool_versions(job)
tools <- paste(names(versions), versions, collapse = "; ")
pairs <- read_text_table(job, "pairs", c("contrast", "cell_type", "level", "patient_id", "before", "after", "missing"))
sets <- read_text_table(job, "gene_sets", c("signature", "role", "gene_id", "direction", "missing"))
table <- read_text_table(job, "counts", c("gene_id", "gene_symbol", "missing"))
genes <- table[, c("gene_id", "gene_symbol")]
is_shared <- is.na(table$missing)

# Row numbers are those of the file: the header is line 1.
counts_of <- function(columns) {
  path <- input_path(job, "counts")
  absent <- setdiff(columns, names(table))
  if (length(absent) > 0) refuse(job, input_path(job, "pairs"), paste("the pseudobulk", absent[1]), "columns of the counts", "Run pseudobulk again.")
  counts <- vapply(columns, function(column) suppressWarnings(as.numeric(table[[column]])), numeric(nrow(table)))
  counts <- matrix(counts, ncol = length(columns), dimnames = list(genes$gene_id, columns))
  bad <- which(is_shared & rowSums(is.na(counts) | counts < 0 | counts != round(counts)) > 0)
  if (length(bad) > 0) {
    found <- table[bad[1], columns, drop = TRUE]
    value <- unlist(found)[which(is.na(counts[bad[1], ]) | counts[bad[1], ] < 0 | counts[bad[1], ] != round(counts[bad[1], ]))[1]]
    refuse(job, path, paste0(if (is.na(value)) "an empty cell" else paste0("\"", value, "\""), " for ", genes$gene_id[bad[1]]), "raw counts: whole numbers, none negative", "Add up raw counts, not normalised values.", line = bad[1] + 1L)
  }
  counts[is_shared, , drop = FALSE]
}
twice <- anyDuplicated(genes$gene_id)
if (twice > 0) refuse(job, input_path(job, "counts"), paste("gene_id", genes$gene_id[twice], "twice"), "each gene once", "Run pseudobulk again.", line = twice + 1L)

group_key <- paste(pairs$contrast, pairs$level, pairs$cell_type, sep = "\t")
results <- lapply(unique(group_key), function(key) {
  own <- pairs[group_key == key, ]
  complete <- own[is.na(own$missing), ]
  keys <- own[1, c("contrast", "cell_type", "level")]
  rownames(keys) <- NULL
  summary <- cbind(keys, n_pairs = nrow(complete), patients_dropped = paste(own$patient_id[!is.na(own$missing)], collapse = ","), tools = tools)
  not_tested <- function(missing, low = NA) {
    untested_sets <- expand.grid(method = c("camera", "fry"), signature = unique(sets$signature), stringsAsFactors = FALSE)
    untested_sets$role <- sets$role[match(untested_sets$signature, sets$signature)]
    untested_sets <- untested_sets[order(match(untested_sets$method, c("camera", "fry"))), ]
    list(
      genes = cbind(keys, n_pairs = nrow(complete), missing = missing),
      sets = if (nrow(untested_sets) > 0) cbind(keys, untested_sets, n_pairs = nrow(complete), missing = missing),
      tests = cbind(summary, n_genes_low = low, missing = missing)
    )
  }
  if (nrow(complete) < job$params$min_pairs) {
    reasons <- unique(own$missing[!is.na(own$missing)])
    same <- if (nrow(complete) == 0 && length(reasons) == 1) paste0(" (", reasons, ")") else ""
    return(not_tested(sprintf("%d complete %s, %d needed%s", nrow(complete), if (nrow(complete) == 1) "pair" else "pairs", job$params$min_pairs, same)))
  }
  counts <- counts_of(c(complete$before, complete$after))
  fitted <- voom_of_pairs(counts, rep(complete$patient_id, 2), rep(c("before", "after"), each = nrow(complete)), job$params$min_count, job$params$min_genes)
  if (!is.na(fitted$missing)) return(not_tested(fitted$missing, fitted$low))
  tested <- gene_table(fitted$voom, fitted$design)
  tested$gene_symbol <- genes$gene_symbol[match(tested$gene_id, genes$gene_id)]
  is_called <- tested$q_value < 0.05
  set_rows <- if (nrow(sets) > 0) gene_set_table(fitted$voom, fitted$design, sets, job$params$min_set_genes, job$params$inter_gene_cor)
  list(
    genes = cbind(keys, n_pairs = nrow(complete), tested),
    sets = if (!is.null(set_rows)) cbind(keys, n_pairs = nrow(complete), set_rows),
    tests = cbind(summary, n_genes_tested = nrow(tested), n_genes_low = fitted$low, n_up = sum(is_called & tested$log2_fold_change > 0), n_down = sum(is_called & tested$log2_fold_change < 0))
  )
})

write_part <- function(output, part, columns) {
  write_text_table(job$outputs[[output]], columns, Filter(Negate(is.null), lapply(results, function(result) result[[part]])))
}
write_part("differential_expression", "genes", c("contrast", "cell_type", "level", "gene_id", "gene_symbol", "n_pairs", "log2_fold_change", "ci_lower", "ci_upper", "average_expression", "t", "p_value", "q_value", "missing"))
write_part("gene_set_tests", "sets", c("contrast", "cell_type", "level", "signature", "role", "method", "n_pairs", "n_genes", "direction", "p_value", "q_value", "missing"))
write_part("tests", "tests", c("contrast", "cell_type", "level", "n_pairs", "patients_dropped", "n_genes_tested", "n_genes_low", "n_up", "n_down", "tools", "missing"))
