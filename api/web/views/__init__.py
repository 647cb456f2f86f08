"""What pages show, as plain values; routes fetch them and templates print them."""
