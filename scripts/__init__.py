"""What builds and checks the project; the product itself needs none of it."""
