"""Cutouts from file to file: every format with alpha read back by a second program, backgrounds,
what is kept, what is refused."""

from __future__ import annotations

import shutil
import subprocess

import cv2
import generated
import imageio_ffmpeg
import numpy as np
import pytest
import tifffile
from matte.scenes import SIZE, error, rough, small
from PIL import Image

import cleanplate
from cleanplate.engine.cutout_arrays import preview_cutout
from cleanplate.engine.run import OutputSettings
from cleanplate.errors import Cancelled, MaskError, UsageError
from cleanplate.matte.controls import MatteControls
from cleanplate.media import open_clip

FRAMES = 4
WIDTH, HEIGHT = SIZE
FFMPEG = shutil.which("ffmpeg") or imageio_ffmpeg.get_ffmpeg_exe()


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A clip of a moving subject, its masks, and its truth."""
    folder = tmp_path_factory.mktemp("cutout")
    scene = small("throw")
    path = generated.write_clip(folder / "clip.mp4", scene.frames[:FRAMES], sound=True)
    masks = generated.write_masks(folder / "masks", rough(scene.alphas[:FRAMES]))
    return path, masks, scene.alphas[:FRAMES]


@pytest.fixture(scope="module")
def wanted(clip):
    """The matte that every format has to carry: from the same decoded frames, in memory."""
    path, _, truth = clip
    with open_clip(path) as reader:
        frames = np.stack([frame.image for frame in reader])
    return cleanplate.cutout(frames, mask=rough(truth), look=False)


def cut(clip, output, **options):
    path, masks, _ = clip
    return cleanplate.cutout(path, output, mask=masks, look=False, **options)


def by_ffmpeg(path):
    """RGBA (n, h, w, 4) by FFmpeg's own command."""
    decoder = ["-c:v", "libvpx-vp9"] if path.suffix == ".webm" else []
    command = [FFMPEG, "-v", "error", *decoder, "-i", str(path), "-f", "rawvideo"]
    done = subprocess.run([*command, "-pix_fmt", "rgba", "-"], capture_output=True, check=True)
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, HEIGHT, WIDTH, 4)


def by_pillow(path):
    with Image.open(path) as picture:
        frames = []
        for index in range(picture.n_frames):
            picture.seek(index)
            frames.append(np.asarray(picture.convert("RGBA")))
    return np.stack(frames)


def by_tifffile(path):
    pages = [tifffile.TiffFile(file) for file in sorted(path.parent.glob("*.tif"))]
    kinds = {page.pages[0].tags["ExtraSamples"].value for page in pages}
    assert kinds == {(tifffile.EXTRASAMPLE.UNASSALPHA,)}  # straight, and said so
    return np.stack([page.asarray() for page in pages])


@pytest.mark.parametrize(
    ("name", "read", "alpha_off", "colour_off"),
    [
        ("out.mov", by_ffmpeg, 2, 2),
        ("out.webm", by_ffmpeg, 3, 8),
        ("out.mkv", by_ffmpeg, 0, 0),
        ("png/%05d.png", by_ffmpeg, 0, 0),
        ("tiff/%05d.tif", by_tifffile, 0, 0),
        ("out.webp", by_pillow, 0, 8),
    ],
)
def test_a_second_program_reads_the_same_alpha(
    tmp_path, clip, wanted, name, read, alpha_off, colour_off
):
    output = tmp_path / name
    output.parent.mkdir(exist_ok=True)
    report = cut(clip, output)
    found = read(output).astype(int)
    assert len(found) == FRAMES == len(report.frames)
    assert np.abs(found[..., 3] - wanted[..., 3]).mean() <= alpha_off
    seen = wanted[..., 3] > 128  # straight: the colours are whole, not darkened by alpha
    assert np.abs(found[..., :3] - wanted[..., :3])[seen].mean() <= colour_off


def test_the_matte_is_nearer_to_the_truth_than_the_mask(clip, wanted):
    truth = clip[2]
    assert error(wanted[..., 3] / np.float32(255), truth) < error(rough(truth), truth)


def test_over_a_colour_nothing_of_the_old_background_is_left(tmp_path, clip):
    cut(clip, tmp_path / "out.mp4", background="#ff00ff", grain=False, crf=1)
    picture = generated.pictures(tmp_path / "out.mp4")[2].astype(int)
    away = cv2.dilate(clip[2][2], np.ones((15, 15), np.uint8)) == 0
    assert np.abs(picture[away] - (255, 0, 255)).mean() < 4


def test_sound_and_times_stay(tmp_path, clip):
    cut(clip, tmp_path / "out.mov")
    assert generated.timestamps(tmp_path / "out.mov") == generated.timestamps(clip[0])
    assert generated.audio_packets(tmp_path / "out.mov") == generated.audio_packets(clip[0])


def test_the_matte_and_the_foreground_alone(tmp_path, clip, wanted):
    cut(clip, tmp_path / "matte.mp4", only="matte", crf=1)
    matte = generated.pictures(tmp_path / "matte.mp4")[1][..., 0].astype(int)
    assert np.abs(matte - wanted[1][..., 3]).mean() < 2
    cut(clip, tmp_path / "front.mkv", only="foreground", codec="ffv1")
    front = generated.pictures(tmp_path / "front.mkv")[1].astype(int)
    seen = wanted[1][..., 3] > 200
    assert np.abs(front - wanted[1][..., :3])[seen].mean() < 4


def test_a_picture_behind_covers_is_contained_or_stretched(tmp_path, clip):
    tall = np.zeros((200, 100, 3), np.uint8)
    tall[:100] = (200, 30, 30)
    tall[100:] = (30, 30, 200)
    picture = tmp_path / "tall.png"
    cv2.imwrite(str(picture), tall[..., ::-1])

    def corner(fit):
        output = tmp_path / f"{fit}.mkv"
        cut(
            clip,
            output,
            background=str(picture),
            fit=fit,
            codec="ffv1",
            grain=False,
            frames=slice(1),
        )
        return generated.pictures(output)[0][3, 3].astype(int)

    for fit in ("cover", "stretch"):
        assert np.abs(corner(fit) - (200, 30, 30)).max() < 6
    assert corner("contain").max() < 6


def test_a_video_behind_keeps_its_own_rate_and_loops_or_holds(tmp_path, clip):
    levels = [40, 120, 200]
    frames = [np.full((HEIGHT, WIDTH, 3), level, np.uint8) for level in levels]
    # One frame lasts as long as two of the clip's: 200 ticks against 100.
    behind = generated.write_clip(tmp_path / "behind.mp4", frames[:2], times=[0, 200])

    def corners(end):
        output = tmp_path / f"{end}.mkv"
        cut(clip, output, background=str(behind), end=end, codec="ffv1", grain=False)
        return [int(picture[3, 3].mean()) for picture in generated.pictures(output)]

    assert corners("hold") == pytest.approx([40, 40, 120, 120], abs=4)
    assert corners("loop")[:3] == pytest.approx([40, 40, 120], abs=4)


def test_the_plate_is_the_background_alone(tmp_path, clip):
    cut(clip, tmp_path / "plate.mp4", background="plate", quality="draft")
    plate = generated.pictures(tmp_path / "plate.mp4")[1].astype(int)
    scene = small("throw")
    inside = clip[2][1] > 0.9
    before = np.abs(scene.frames[1].astype(int) - scene.backgrounds[1])[inside].mean()
    assert np.abs(plate - scene.backgrounds[1])[inside].mean() < 0.7 * before


def test_controls_hold_outs_and_garbage(tmp_path, clip):
    path = clip[0]
    inside = np.zeros((HEIGHT, WIDTH), np.uint8)
    inside[:10, :10] = 255
    cv2.imwrite(str(tmp_path / "in.png"), inside)
    output = tmp_path / "out.mkv"
    cut(
        clip, output, hold_out=tmp_path / "in.png", garbage=(0, 0, WIDTH // 2, HEIGHT), choke=1.5,
        frames=slice(0, 2),
    )  # fmt: skip
    alpha = by_ffmpeg(output)[0][..., 3]
    assert (alpha[:10, :10] == 255).all()
    assert not alpha[:, WIDTH // 2 :].any()
    assert path.exists()


def test_a_source_with_alpha_keeps_it(tmp_path, clip):
    first = tmp_path / "first.mkv"
    cut(clip, first, garbage=(0, 0, WIDTH, HEIGHT // 2))
    again = tmp_path / "again.mkv"
    cleanplate.cutout(first, again, mask=clip[1], look=False)
    assert not by_ffmpeg(again)[..., HEIGHT // 2 :, :, 3].any()
    assert by_ffmpeg(again)[..., 3].any()


def test_a_green_screen(tmp_path):
    scene = small("throw")
    alpha = scene.alphas[:2, ..., None]
    front = 0.5 * scene.foregrounds[:2] + 0.25
    mixed = alpha * front.mean(axis=-1, keepdims=True) + (1 - alpha) * np.float32([0.1, 0.7, 0.3])
    path = generated.write_clip(tmp_path / "screen.mp4", np.rint(mixed * 255).astype(np.uint8))
    cleanplate.cutout(path, tmp_path / "out.mkv", method="key")
    found = by_ffmpeg(tmp_path / "out.mkv")[..., 3] / np.float32(255)
    assert error(found, scene.alphas[:2]) < 0.02

    # A project may say so as well; what is marked only roughly is then cut out as finely.
    from cleanplate.engine.cutout_project import cutout_project, write_cutout_preview
    from cleanplate.engine.projects import new_project
    from cleanplate.project import SetObject, SetSettings

    masks = generated.write_masks(tmp_path / "masks", np.ones((2, HEIGHT, WIDTH), bool))
    project = new_project(path, tmp_path / "a.cleanplate", masks)
    project.edit(SetObject(object=1, action="cutout"))
    project.edit(SetSettings(matte_method="key"))
    cutout_project(project, tmp_path / "project.mkv")
    found = by_ffmpeg(tmp_path / "project.mkv")[..., 3] / np.float32(255)
    assert error(found, scene.alphas[:2]) < 0.02
    write_cutout_preview(project, tmp_path / "look.png", 1, "matte")
    look = cv2.imread(str(tmp_path / "look.png"), cv2.IMREAD_GRAYSCALE) / np.float32(255)
    assert error(look[None], scene.alphas[1:2]) < 0.02


def test_ten_bits_stay_ten_bits(tmp_path):
    scene = small("throw")
    path = generated.write_clip(
        tmp_path / "deep.mkv", scene.frames[:2], pix_fmt="yuv420p10le", codec="ffv1"
    )
    masks = generated.write_masks(tmp_path / "masks", rough(scene.alphas[:2]))
    cleanplate.cutout(path, tmp_path / "png" / "%05d.png", mask=masks, look=False)
    picture = cv2.imread(str(tmp_path / "png" / "00001.png"), cv2.IMREAD_UNCHANGED)
    assert picture.dtype == np.uint16 and picture.shape[2] == 4


def test_best_holds_the_matte_against_what_is_behind(tmp_path, clip):
    report = cut(clip, tmp_path / "out.mkv", behind=True, shadow="keep", frames=slice(0, 2))
    assert report.timings["fill"] > 0
    assert by_ffmpeg(tmp_path / "out.mkv")[..., 3].max() == 255


def test_a_preview_is_the_same_whenever_it_is_asked_for():
    scene = small("throw")
    image, mask = scene.frames[1], rough(scene.alphas[1])
    one, other = (preview_cutout(image, mask, MatteControls(choke=1)) for _ in range(2))
    assert np.array_equal(one.alpha, other.alpha)
    assert error(one.alpha, preview_cutout(image, mask).alpha) > 0


@pytest.mark.parametrize(
    ("name", "options", "word"),
    [
        ("out.mp4", {}, "transparency"),
        ("out.mov", {"background": "nowhere.jpg"}, "background"),
        ("out.mov", {"background": "#12345"}, "colour"),
        ("out.mov", {"method": "magic"}, "method"),
        ("out.mov", {"only": "matte", "background": "#000"}, "not both"),
        ("out.mov", {"gamma": 0}, "gamma"),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(tmp_path, clip, name, options, word):
    with pytest.raises(UsageError, match=word):
        cut(clip, tmp_path / name, **options)
    assert not list(tmp_path.iterdir())


def test_masks_of_another_size_are_refused(tmp_path, clip):
    frames = small("throw").frames[:2]
    with pytest.raises(MaskError):
        list(cleanplate.cutout(iter(frames), mask=np.zeros((5, 5), bool), look=False))


def test_stopping_leaves_nothing(tmp_path, clip):
    import threading

    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        cut(clip, tmp_path / "out.mov", cancel=stop)
    assert not list(tmp_path.iterdir())


def test_a_project_says_what_is_always_in_the_matte_and_what_never(tmp_path, clip, network):
    """By objects of its own and by a rough box: in its exports, and in a preview of one frame."""
    network("isnet")  # which looks at what is cut out
    from cleanplate.engine.cutout_project import cutout_project, write_cutout_preview
    from cleanplate.engine.projects import add_masks, new_project
    from cleanplate.project import SetObject, SetSettings

    path, masks, truth = clip
    project = new_project(path, tmp_path / "a.cleanplate", masks)
    project.edit(SetObject(object=1, action="cutout"))
    subject = np.mean(truth, axis=0) > 0.5
    rows, columns = np.nonzero(subject)
    middle = int(columns.mean())
    solid = np.zeros((HEIGHT, WIDTH), bool)
    solid[:12, :12] = True  # where there is nothing of the subject
    never = np.zeros((HEIGHT, WIDTH), bool)
    never[:, middle:] = True
    for number, action, mask in ((2, "hold", solid), (3, "garbage", never)):
        picture = tmp_path / f"{action}.png"
        cv2.imwrite(str(picture), mask.astype(np.uint8) * 255)
        with open_clip(path) as reader:
            add_masks(project, reader.info, picture, number=number)
        project.edit(SetObject(object=number, action=action))

    def seen():
        cutout_project(project, tmp_path / "out.mkv", OutputSettings(overwrite=True), only="matte")
        return generated.pictures(tmp_path / "out.mkv")[1][..., 0]

    matte = seen()
    assert matte[1:11, 1:11].min() > 250 and matte[:, middle + 1 :].max() < 5
    assert matte[subject & ~never].mean() > 200
    write_cutout_preview(project, tmp_path / "look.png", 1, "matte")
    look = cv2.imread(str(tmp_path / "look.png"), cv2.IMREAD_GRAYSCALE)
    assert look[:12, :12].min() == 255 and look[:, middle:].max() == 0

    top = int(np.median(rows))
    project.edit(SetSettings(matte_garbage=(0, 0, WIDTH, top)))
    matte = seen()
    assert matte[top + 1 :].max() < 5 and matte[1:11, 1:11].min() > 250
    assert matte[:, middle + 1 :].max() < 5  # the box adds to the objects
    project.edit(SetSettings(matte_garbage=()))
    assert seen()[top + 1 :].max() > 200
