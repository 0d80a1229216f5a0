"""One module a dialect: a record of an answer, or a whole unary answer, to its facts."""
