"""Where models live: catalogue, cache, load, unload, health."""
