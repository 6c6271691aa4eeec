"""Prompts on one frame -> masks on that frame: arrays in, arrays out.

    from cleanplate.segment import Prompt, Segmenter

    segmenter = Segmenter()                     # fetches its network on first use
    segmenter.set_image(frame)                  # RGB uint8|uint16 (h, w, 3); 0.7 to 1.7 s
    best, *others = segmenter.predict(          # 0.1 s; candidates, the best first
        Prompt(points=[(240, 130), (300, 90)], labels=[True, False], box=(200, 80, 320, 260))
    )
    best.mask                                   # bool (h, w), edges refined (on first access)
    best.coarse, best.soft                      # the network's own mask, and logits (h, w)
    best.logits                                 # float32 (256, 256): Prompt(logits=...) corrects it
    best.score, best.level                      # 0..1, and part | piece | whole | joint

    embedding = segmenter.embed(crop)           # keep it, and answer on it whenever you like
    segmenter.predict(Prompt(mask=rough_mask, box=...), embedding)

Points are x, y in pixels of the image given; boxes x0, y0, x1, y1; scribbles are strokes (n, 2).
`edges` grows, shrinks, feathers and cleans masks.
"""

from cleanplate.segment.prompt import Prompt
from cleanplate.segment.segmenter import Candidate, Embedding, Segmenter

__all__ = ["Candidate", "Embedding", "Prompt", "Segmenter"]
