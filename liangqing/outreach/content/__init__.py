"""What is said: values filled into approved templates, and letters set from them."""
