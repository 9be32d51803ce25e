# Reference values for the tests, by R's `survey` package (Debian: r-base-core, r-cran-survey).
#
#   Rscript tests/oracles/make.R
#
# writes, beside itself: the data (R's own `api` samples of Californian schools, and generated
# samples with every combination of weights, strata, clusters and population sizes) and shares.csv,
# means.csv, contrasts.csv with what `survey` says of them.

suppressPackageStartupMessages(library(survey))
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
save_csv <- function(table, name, digits = 17) {
  exact <- function(x) if (is.double(x)) formatC(x, digits = digits, format = "g", width = 1) else x
  table[] <- lapply(table, exact)
  for (column in names(table)) table[[column]][table[[column]] %in% c("NA", "NaN")] <- NA
  write.csv(table, file.path(here, name), row.names = FALSE, quote = FALSE, na = "")
}

# Data ------------------------------------------------------------------------------------------

data(api)
samples <- list(apisrs = apisrs, apistrat = apistrat, apiclus1 = apiclus1, apiclus2 = apiclus2)
samples$apiclus2$fpc <- samples$apiclus2$fpc1  # its first stage
for (name in names(samples)) {
  kept <- c("snum", "dnum", "stype", "pw", "fpc", "api99", "api00", "meals", "sch.wide", "awards")
  samples[[name]] <- samples[[name]][, kept]
  names(samples[[name]])[9] <- "sch_wide"
}

set.seed(20101108)
generated <- do.call(rbind, lapply(1:5, function(h) {
  sizes <- sample(3:14, 3 + 2 * h, replace = TRUE)
  n <- sum(sizes)
  level <- rep(rnorm(length(sizes), 0, 0.6), sizes)
  data.frame(
    stratum = paste0("s", h),
    cluster = paste0("s", h, "c", rep(seq_along(sizes), sizes)),
    weight = round(exp(rnorm(n, h / 4, 0.5)), 4),
    people = n + 40 * h, people_all = 0,
    clusters = length(sizes) + 2 * h, clusters_all = 0,
    domain = sample(c("a", "b", "c", NA), n, replace = TRUE, prob = c(.5, .35, .1, .05)),
    answer = sample(c("yes", "rather", "hardly", "no", "dont_know", "refused", NA), n, TRUE,
      prob = c(.35, .3, .15, .06, .05, .04, .05)),
    number = round(50 + 10 * (level + rnorm(n)), 3)
  )
}))
generated$number[sample(nrow(generated), 12)] <- NA
generated$people_all <- nrow(generated) + 900
generated$clusters_all <- length(unique(generated$cluster)) + 30
samples$generated <- generated[sample(nrow(generated)), ]

# A sample with lonely strata: s1 has one respondent, s2 one cluster of three, s3 is a census.
lonely <- generated[generated$stratum %in% c("s3", "s4", "s5"), ]
extra <- generated[generated$stratum %in% c("s1", "s2"), ]
extra <- extra[!is.na(extra$answer) & extra$answer %in% c("yes", "no", "rather") &
  !is.na(extra$domain) & !is.na(extra$number), ][1:4, ]
extra$stratum <- c("s1", "s2", "s2", "s2")
extra$cluster <- c("s1c1", "s2c1", "s2c1", "s2c1")
samples$lonely <- rbind(lonely, extra)
samples$lonely$weight[c(5, 17, 60)] <- 0

for (name in names(samples)) save_csv(samples[[name]], paste0(name, ".csv"), 15)

# Designs ---------------------------------------------------------------------------------------

design_of <- function(d, weight, strata, cluster, fpc) {
  d$one <- 1
  as_formula <- function(x, other) if (x == "") other else as.formula(paste0("~", x))
  svydesign(
    ids = as_formula(cluster, ~1), strata = as_formula(strata, NULL),
    weights = as_formula(weight, ~one), fpc = as_formula(fpc, NULL), data = d
  )
}

# Estimates -------------------------------------------------------------------------------------

share_lines <- function(name, design, about, question, domains) {
  parts <- list()
  values <- design$variables
  for (domain in names(domains)) {
    inside <- domains[[domain]] & !is.na(values[[question]])
    if (!any(inside)) next
    sub <- subset(design, inside)
    for (option in sort(unique(values[[question]][!is.na(values[[question]])]))) {
      sub$variables$chosen <- as.numeric(sub$variables[[question]] == option)
      m <- svymean(~chosen, sub, deff = "replace")
      p <- coef(m)[[1]]
      line <- data.frame(
        sample = name, about, question = question, domain = domain, option = option,
        share = p, se = SE(m)[[1]], df = degf(sub), deff = NA_real_,
        base = sum(weights(sub) > 0), logit_low = NA_real_, logit_high = NA_real_,
        xlogit_low = NA_real_, xlogit_high = NA_real_, beta_low = NA_real_, beta_high = NA_real_
      )
      if (p > 0 && p < 1 && SE(m)[[1]] > 0 && degf(sub) > 0) {
        line$deff <- deff(m)[[1]]
        for (method in c("logit", "xlogit", "beta")) {
          ends <- attr(svyciprop(~chosen, sub, method = method, df = degf(sub)), "ci")
          line[[paste0(method, "_low")]] <- ends[[1]]
          line[[paste0(method, "_high")]] <- ends[[2]]
        }
      }
      parts[[length(parts) + 1]] <- line
    }
  }
  do.call(rbind, parts)
}

mean_lines <- function(name, design, about, question, domains) {
  parts <- list()
  values <- design$variables
  for (domain in names(domains)) {
    inside <- domains[[domain]] & !is.na(values[[question]])
    if (!any(inside)) next
    sub <- subset(design, inside)
    m <- svymean(as.formula(paste0("~", question)), sub, deff = "replace")
    ends <- confint(m, df = degf(sub))
    parts[[length(parts) + 1]] <- data.frame(
      sample = name, about, question = question, domain = domain, mean = coef(m)[[1]],
      se = SE(m)[[1]], df = degf(sub), deff = deff(m)[[1]], low = ends[[1]], high = ends[[2]]
    )
  }
  do.call(rbind, parts)
}

# Differences between two domains, by svyby with their covariance and svycontrast.
contrast_lines <- function(name, design, about, question, by, pair, numeric) {
  values <- design$variables
  options <- if (numeric) "" else sort(unique(values[[question]][!is.na(values[[question]])]))
  parts <- list()
  for (option in options) {
    design$variables$y <- if (numeric) values[[question]] else as.numeric(values[[question]] == option)
    sub <- subset(design, !is.na(y) & !is.na(values[[by]]))
    groups <- svyby(~y, as.formula(paste0("~", by)), sub, svymean, covmat = TRUE)
    weights <- setNames(list(c(-1, 1)), "difference")
    names(weights$difference) <- pair
    d <- svycontrast(groups, weights)
    parts[[length(parts) + 1]] <- data.frame(
      sample = name, about, question = question, by = by, from = pair[1], to = pair[2],
      option = option, change = coef(d)[[1]], se = SE(d)[[1]]
    )
  }
  do.call(rbind, parts)
}

shares <- list(); means <- list(); contrasts <- list()
add <- function(name, weight, strata, cluster, fpc, lonely = "fail", answer, number, by, pair) {
  d <- samples[[name]]
  if ("answer" %in% names(d)) {
    d$answer[d$answer == "refused"] <- NA  # out of the base; dont_know stays in it
  }
  options(survey.lonely.psu = lonely)
  design <- design_of(d, weight, strata, cluster, fpc)
  about <- data.frame(weight = weight, strata = strata, cluster = cluster, fpc = fpc, lonely = lonely)
  domains <- list(all = rep(TRUE, nrow(d)))
  for (value in sort(unique(d[[by]]))) domains[[value]] <- d[[by]] %in% value
  shares[[length(shares) + 1]] <<- share_lines(name, design, about, answer, domains)
  means[[length(means) + 1]] <<- mean_lines(name, design, about, number, domains)
  if (all(pair != "")) {
    contrasts[[length(contrasts) + 1]] <<-
      contrast_lines(name, design, about, answer, by, pair, FALSE)
    contrasts[[length(contrasts) + 1]] <<-
      contrast_lines(name, design, about, number, by, pair, TRUE)
  }
}

api_pair <- c("E", "H")
add("apisrs", "pw", "", "", "fpc", answer = "sch_wide", number = "api00", by = "stype", pair = api_pair)
add("apisrs", "", "", "", "", answer = "awards", number = "meals", by = "stype", pair = api_pair)
add("apistrat", "pw", "stype", "", "fpc", answer = "sch_wide", number = "api00", by = "awards", pair = c("No", "Yes"))
add("apistrat", "pw", "stype", "", "", answer = "awards", number = "api99", by = "stype", pair = api_pair)
add("apiclus1", "pw", "", "dnum", "fpc", answer = "sch_wide", number = "api00", by = "stype", pair = api_pair)
add("apiclus1", "pw", "", "dnum", "", answer = "stype", number = "meals", by = "awards", pair = c("No", "Yes"))
add("apiclus2", "pw", "", "dnum", "fpc", answer = "sch_wide", number = "api00", by = "stype", pair = api_pair)

for (weight in c("", "weight")) for (strata in c("", "stratum")) for (cluster in c("", "cluster")) {
  sizes <- paste0(if (cluster == "") "people" else "clusters", if (strata == "") "_all" else "")
  for (fpc in c("", sizes)) {
    add("generated", weight, strata, cluster, fpc,
      answer = "answer", number = "number", by = "domain", pair = c("a", "b"))
  }
}
for (rule in c("adjust", "average", "remove", "certainty")) for (cluster in c("", "cluster")) {
  add("lonely", "weight", "stratum", cluster, "", rule,
    answer = "answer", number = "number", by = "domain", pair = c("a", "b"))
}

save_csv(do.call(rbind, shares), "shares.csv")
save_csv(do.call(rbind, means), "means.csv")
save_csv(do.call(rbind, contrasts), "contrasts.csv")

# A share is a ratio of two totals: svyratio must say the same as svymean in a domain.
d <- samples$generated
design <- design_of(d, "weight", "stratum", "cluster", "clusters")
design$variables$yes <- as.numeric(!is.na(d$answer) & d$answer == "yes")
design$variables$answered <- as.numeric(!is.na(d$answer) & d$answer != "refused")
ratio <- svyratio(~yes, ~answered, design)
save_csv(data.frame(share = coef(ratio)[[1]], se = SE(ratio)[[1]]), "ratio.csv")

# Raking to two margins: R's rake() to its own convergence.
design <- design_of(generated, "weight", "", "", "")
complete <- subset(design, !is.na(generated$domain))
d <- generated[!is.na(generated$domain), ]
raked <- rake(design_of(d, "weight", "", "", ""), list(~stratum, ~domain), list(
  data.frame(stratum = paste0("s", 1:5), Freq = c(100, 150, 200, 250, 300)),
  data.frame(domain = c("a", "b", "c"), Freq = c(450, 400, 150))
), control = list(maxit = 200, epsilon = 1e-10))
save_csv(data.frame(d[, c("stratum", "domain", "weight")], raked = weights(raked)), "raked.csv")

# Holm's adjustment.
p <- c(0.01, 0.02, 0.03, 0.04, 0.5, 0.004)
save_csv(data.frame(p = p, holm = p.adjust(p, "holm")), "holm.csv")
