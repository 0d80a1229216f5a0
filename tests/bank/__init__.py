"""What is expected of the question bank: each rule gives a sentence for every breach."""
