"""The staff's pages: they listen and show, and hold no rule."""
