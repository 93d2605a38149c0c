# Cumulative-link mixed models by ordinal::clmm (Laplace approximation): ratings in, estimates out.
#
#   Rscript --vanilla clmm.R RATINGS.csv ESTIMATES.csv FORMULA
#
# in   fit, score, condition, and what the formula names; a model for each value of `fit`, with the condition of its
#      first row as the reference
# out  fit, kind, name, other, value:
#      difference  of a condition from the reference, in logits
#      covariance  of two of these
#      sd          of a random effect, in logits
#      step        from where the search ended to where Newton's method would go next, in standard errors
#      failed      R's message, where there is no such model
#      version     of R and of the package
# exit status 3 where the package is not installed

arguments <- commandArgs(TRUE)
if (!requireNamespace("ordinal", quietly = TRUE)) quit(status = 3)

found <- function(kind, name = "", other = "", value = NA) data.frame(kind, name, other, value)

estimate <- function(part) {
  part[] <- lapply(part, function(column) factor(column, levels = unique(column)))
  points <- as.character(sort(as.integer(levels(part$score))))
  part$score <- factor(part$score, levels = points, ordered = TRUE)
  model <- suppressWarnings(ordinal::clmm(as.formula(arguments[3]), data = part))
  conditions <- paste0("condition", levels(part$condition)[-1])
  covariance <- vcov(model)[conditions, conditions, drop = FALSE]
  pairs <- expand.grid(name = levels(part$condition)[-1], other = levels(part$condition)[-1])
  step <- sqrt(sum(model$gradient * solve(model$Hessian, model$gradient)))
  rbind(
    found("difference", levels(part$condition)[-1], value = coef(model)[conditions]),
    found("covariance", pairs$name, pairs$other, as.vector(covariance)),
    found("sd", names(model$ST), value = sapply(model$ST, function(one) one[1])),
    found("step", value = step)
  )
}

ratings <- read.csv(arguments[1], colClasses = "character")
fits <- lapply(unique(ratings$fit), function(fit) {
  part <- ratings[ratings$fit == fit, ]
  failed <- function(error) found("failed", conditionMessage(error))
  cbind(fit, tryCatch(estimate(part), error = failed))
})
version <- paste0("ordinal ", packageVersion("ordinal"), ", R ", getRversion())
write.csv(
  do.call(rbind, c(fits, list(cbind(fit = "", found("version", version))))),
  arguments[2],
  row.names = FALSE,
  na = ""
)
