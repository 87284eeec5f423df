# One contrast in one cell type: limma-voom over the genes, camera and fry over the gene sets, design ~ patient + side. Reads and writes no file.

# counts: genes x samples, whole numbers. patients, sides: of the columns. Returns the voom object, or the reason why there is none.
voom_of_pairs <- function(counts, patients, sides, min_count, min_genes) {
  patient <- factor(patients, levels = unique(patients))
  side <- factor(sides, levels = c("before", "after"))
  design <- stats::model.matrix(~ patient + side)
  all_genes <- edgeR::DGEList(counts)
  passes <- edgeR::filterByExpr(all_genes, group = side, min.count = min_count)
  low <- sum(!passes)
  if (sum(passes) < min_genes) return(list(missing = sprintf("%d genes pass the filter, %d needed", sum(passes), min_genes), low = low))
  tested <- edgeR::calcNormFactors(all_genes[passes, , keep.lib.sizes = FALSE], method = "TMM")
  list(missing = NA_character_, low = low, voom = limma::voom(tested, design), design = design)
}

# One row a gene, smallest p first, equal p by gene id.
gene_table <- function(voom, design) {
  fit <- limma::eBayes(limma::lmFit(voom, design))
  top <- limma::topTable(fit, coef = "sideafter", number = Inf, sort.by = "none", confint = TRUE)
  genes <- data.frame(
    gene_id = rownames(voom), log2_fold_change = top$logFC, ci_lower = top$CI.L, ci_upper = top$CI.R, average_expression = top$AveExpr,
    t = top$t, p_value = top$P.Value, q_value = top$adj.P.Val
  )
  genes[order(genes$p_value, genes$gene_id, method = "radix"), ]
}

# sets: data frame of signature, role, gene_id, direction, missing. One row a set and method; q over the tested sets of a method.
gene_set_table <- function(voom, design, sets, min_set_genes, inter_gene_cor) {
  rows <- lapply(unique(sets$signature), function(name) {
    own <- sets[sets$signature == name, ]
    tested <- own[!is.na(own$gene_id) & own$gene_id %in% rownames(voom), ]
    missing <- if (!is.na(own$missing[1])) own$missing[1]
    else if (nrow(tested) < min_set_genes) sprintf("%d of its genes are tested, %d needed", nrow(tested), min_set_genes)
    else if (nrow(tested) == nrow(voom)) "every tested gene is in the set"
    else NA_character_
    list(signature = name, role = own$role[1], n_genes = nrow(tested), genes = tested, missing = missing)
  })
  usable <- Filter(function(row) is.na(row$missing), rows)
  is_signed <- vapply(usable, function(row) any(row$genes$direction == "down"), TRUE)
  named <- function(some, give) stats::setNames(lapply(some, give), vapply(some, function(row) row$signature, ""))
  answers <- list(camera = NULL, fry = NULL)
  if (any(!is_signed)) {
    answers$camera <- limma::camera(voom, named(usable[!is_signed], function(row) row$genes$gene_id), design, contrast = "sideafter", inter.gene.cor = inter_gene_cor, sort = FALSE)
  }
  if (length(usable) > 0) {
    # A gene that counts downwards has weight -1.
    weighted <- function(row) data.frame(row$genes$gene_id, ifelse(row$genes$direction == "down", -1, 1))
    answers$fry <- limma::fry(voom, named(usable, weighted), design, contrast = "sideafter", sort = "none")
  }
  do.call(rbind, lapply(names(answers), function(method) one_method(rows, method, answers[[method]])))
}

one_method <- function(rows, method, answer) {
  at <- match(vapply(rows, function(row) row$signature, ""), rownames(answer))
  missing <- vapply(rows, function(row) row$missing, "")
  missing[is.na(missing) & is.na(at)] <- "camera has no form for a set with genes that count downwards"
  p <- if (is.null(answer)) rep(NA_real_, length(rows)) else answer$PValue[at]
  data.frame(
    signature = vapply(rows, function(row) row$signature, ""), role = vapply(rows, function(row) row$role, ""), method = method,
    n_genes = vapply(rows, function(row) row$n_genes, 0L), direction = if (is.null(answer)) NA_character_ else tolower(answer$Direction[at]),
    p_value = p, q_value = stats::p.adjust(p, "BH"), missing = missing
  )
}
