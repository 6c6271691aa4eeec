import { useEditor } from "../state/editor";
import { place, type Size } from "./look";

/** Pixels from a name's upper edge to that of the picture under it. */
const ABOVE = 28;
/** Pixels that a name keeps from the stage's edges, where the picture has none in sight. */
const EDGE = 10;

/** Which of the two pictures side by side is which. */
export function Sides({ clip, room }: { clip: Size; room: Size }) {
  const split = useEditor((state) => state.compare === "split" && !state.holding);
  const look = useEditor((state) => state.look);
  if (!split || !room.width) return null;
  const half = { width: room.width / 2, height: room.height };
  const placed = place(look, clip, half);
  const left = Math.max(EDGE, placed.left);
  const top = Math.max(EDGE, placed.top - ABOVE);
  return (
    <div className="sides" aria-hidden>
      <span style={{ left, top }}>Before</span>
      <span style={{ left: half.width + left, top }}>After</span>
    </div>
  );
}
