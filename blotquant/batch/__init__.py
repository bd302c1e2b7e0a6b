"""Many images or studies on any executor; one failure does not stop the rest.

`engine.run` does the work; `measuring.measure_images`, `studies.quantify_studies` and `inspecting.inspect_images` say
what work is. Each is imported from its module, so that looking at a file does not load what fitting a curve needs.
"""
