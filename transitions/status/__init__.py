"""Where does it stand: one reader for API and pages, made of panels that the rooms bring."""
