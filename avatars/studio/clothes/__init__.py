"""The wardrobe: garments by parameters, over the form of a body, in the pose on air."""
