"""Reading: from bytes on a disk to a table of text cells, whatever the program that wrote them."""
