"""Who Lina is: her colours and materials. Shape parameters live with their parts."""

NAME, VERSION = "Lina", "0.1.0"
AUTHOR = "The Zhubo authors"
LICENSE = "MIT OR Apache-2.0"

# sRGB
SKIN = (0.945, 0.785, 0.705)
BLUSH = (0.93, 0.56, 0.53)
LIPS = (0.86, 0.455, 0.45)
BROW = (0.27, 0.175, 0.14)
IRIS_DARK, IRIS_LIGHT = (0.13, 0.075, 0.05), (0.42, 0.26, 0.16)
HAIR, HAIR_LIGHT = (0.245, 0.155, 0.12), (0.56, 0.38, 0.28)
JACKET = (0.13, 0.38, 0.43)

# material: shading model, sRGB base colour (None: texture), roughness, double sided
MATERIALS = {
    "skin": ("skin", None, 0.50, False),
    "eye": ("eye", None, 0.08, False),
    "lash": ("lash", (0.25, 0.15, 0.12), 0.6, True),
    "mouth": ("mouth", (0.62, 0.25, 0.25), 0.6, False),
    "teeth": ("mouth", (0.97, 0.955, 0.93), 0.22, False),
    "gum": ("mouth", (0.80, 0.42, 0.42), 0.35, False),
    "tongue": ("mouth", (0.84, 0.44, 0.44), 0.38, False),
    "hair": ("hair", None, 0.42, False),
    "hairUnder": ("hair", (0.17, 0.11, 0.09), 0.95, True),
    "tee": ("cloth", (0.965, 0.955, 0.94), 0.8, False),
    "jacket": ("cloth", None, 0.78, False),
    "lapel": ("cloth", (0.125, 0.36, 0.41), 0.62, True),
    "button": ("cloth", (0.08, 0.20, 0.23), 0.3, False),
}
TEXTURES = {"skin": (1024, 90), "eye": (256, 92), "hair": (512, 86), "jacket": (512, 86)}  # pixels, quality
