# The door of a step, from R: the job file, versions of tools, refusals (problem.json, exit 65), tables in and out.

read_job <- function() {
  path <- tail(commandArgs(trailingOnly = TRUE), 1)
  job <- jsonlite::fromJSON(path, simplifyDataFrame = FALSE)
  job$problem_path <- file.path(dirname(path), "problem.json")
  job
}

input_path <- function(job, name) job$inputs[[name]][[1]]$path

# The user's problem: never retried, shown as it stands here.
refuse <- function(job, input, found, expected, advice, line = NULL) {
  problem <- list(input = input, line = line, found = found, expected = expected, advice = advice)
  problem <- problem[!vapply(problem, is.null, TRUE)]
  writeLines(jsonlite::toJSON(problem, auto_unbox = TRUE, pretty = TRUE), job$problem_path, useBytes = TRUE)
  message(input, ": ", found)
  quit(status = 65, save = "no")
}

# Version by name; another version gives other numbers, so an unknown one ends the step.
tool_versions <- function(job) {
  versions <- character()
  for (tool in job$tools) {
    version <- if (tool$name == "R") paste(R.version$major, R.version$minor, sep = ".") else as.character(packageVersion(tool$name))
    if (!grepl(tool$accepts, version, perl = TRUE)) {
      message(tool$name, " is version ", version, "; this step was made for ", tool$accepts)
      quit(status = 69, save = "no")
    }
    versions[tool$name] <- version
  }
  versions
}

# Cells as text, an empty cell is NA.
read_text_table <- function(job, input, columns) {
  path <- input_path(job, input)
  table <- tryCatch(
    utils::read.table(path, header = TRUE, sep = "\t", quote = "\"", comment.char = "", colClasses = "character", na.strings = "", check.names = FALSE, encoding = "UTF-8"),
    error = function(e) refuse(job, path, conditionMessage(e), "a table with tabs and one header", "Copy the file again.")
  )
  absent <- setdiff(columns, names(table))
  if (length(absent) > 0) {
    refuse(job, path, paste("no column", paste(absent, collapse = ", ")), paste("the columns", paste(columns, collapse = ", ")), "Run pseudobulk again.")
  }
  table
}

# Ten significant digits, as every table of a run.
cell_text <- function(values) {
  if (is.character(values) || is.factor(values)) {
    text <- as.character(values)
  } else {
    stopifnot(all(is.finite(values) | is.na(values)), !any(is.nan(values)))
    text <- sprintf("%.10g", values)
  }
  ifelse(is.na(values), "", text)
}

write_text_table <- function(path, columns, parts) {
  file <- file(path, open = "wb")
  on.exit(close(file))
  writeLines(paste(columns, collapse = "\t"), file, useBytes = TRUE)
  for (part in parts) {
    if (nrow(part) == 0) next
    cells <- lapply(columns, function(name) if (is.null(part[[name]])) rep("", nrow(part)) else cell_text(part[[name]]))
    quoted <- lapply(cells, function(text) ifelse(grepl("[\t\"\r\n]", text), paste0("\"", gsub("\"", "\"\"", text), "\""), text))
    writeLines(do.call(paste, c(quoted, sep = "\t")), file, useBytes = TRUE)
  }
}
