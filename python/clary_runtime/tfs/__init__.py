"""TensorFlow Serving's part of the TensorFlow inference images, in Python: SavedModels and its REST protocol."""
