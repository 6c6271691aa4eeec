import { Loader, Search, X } from "lucide-react";
import { Popover } from "radix-ui";
import { useRef, useState, type ReactElement } from "react";
import type { Found, Project, Session } from "../api/types";
import { find, takeCandidate } from "../editor/actions";
import { editor, useEditor } from "../state/editor";
import { Button, IconButton } from "../ui/Button";

const COMMON: { label: string; kinds: string[] }[] = [
  { label: "People", kinds: ["person"] },
  { label: "Cars", kinds: ["car"] },
  { label: "Vehicles", kinds: ["vehicle"] },
  { label: "Animals", kinds: ["animal"] },
  { label: "Bags", kinds: ["bag"] },
  { label: "Balls", kinds: ["sports ball"] },
  { label: "Anything", kinds: ["anything"] },
];

/** The width, in pixels, up to which the panel of objects lies over the stage. */
const NARROW = 860;

/** The upper edge of the panel of objects: there it hides nothing of what is found. */
const PANEL = {
  getBoundingClientRect: () => {
    const panel = document.querySelector(".side")?.getBoundingClientRect();
    return panel ? new DOMRect(panel.left + 8, panel.top, panel.width - 16, 0) : new DOMRect();
  },
};

/** Find things by name on this frame; what is found is chosen on the stage or from the list. */
export function FindPopover({
  session,
  children,
}: {
  project: Project;
  session: Session | undefined;
  children: ReactElement;
}) {
  const open = useEditor((state) => state.findOpen);
  const aside = useEditor((state) => state.side) && window.innerWidth > NARROW;
  const place = useRef(PANEL);
  const box = useRef<HTMLInputElement>(null);
  const [word, setWord] = useState("");
  const [busy, setBusy] = useState<string | null>(null);
  const candidates = useEditor((state) => state.candidates);
  const names = session?.kinds.map((kind) => kind.name) ?? [];
  const own = session?.kinds.filter((kind) => kind.group === "your own").map((kind) => kind.name) ?? [];
  const offered = [...own.map((name) => ({ label: name, kinds: [name] })), ...COMMON];
  const matching = word ? names.filter((name) => name.includes(word.toLowerCase())).slice(0, 6) : [];
  const run = async (label: string, kinds: string[]) => {
    setBusy(label);
    editor.set({ speed: 0 });
    await find(kinds);
    setBusy(null);
  };
  const expand = (kinds: string[]) => {
    const grouped = session?.kinds.filter((kind) => kinds.includes(kind.group)).map((kind) => kind.name);
    return kinds[0] === "anything" || names.includes(kinds[0]!) || !grouped?.length ? kinds : grouped;
  };
  return (
    <Popover.Root open={open} onOpenChange={(now) => editor.set({ findOpen: now })}>
      <Popover.Trigger asChild>{children}</Popover.Trigger>
      {aside && <Popover.Anchor virtualRef={place} />}
      <Popover.Portal>
        <Popover.Content
          className="popover find"
          side={aside ? "bottom" : "right"}
          align="start"
          sideOffset={8}
          collisionPadding={8}
          aria-label="Find on this frame"
          onOpenAutoFocus={(event) => {
            event.preventDefault();
            box.current?.focus();
          }}
          onInteractOutside={(event) => {
            // The stage is where one chooses from what was found.
            if ((event.target as Element).closest?.(".stage")) event.preventDefault();
          }}
        >
          <div className="find-head">
            <h2>Find on this frame</h2>
            <Popover.Close asChild>
              <IconButton small label="Close">
                <X size={14} />
              </IconButton>
            </Popover.Close>
          </div>
          <label className="find-box">
            <Search size={14} aria-hidden />
            <span className="visually-hidden">What to find</span>
            <input
              ref={box}
              value={word}
              placeholder="person, dog, umbrella…"
              onChange={(event) => setWord(event.target.value)}
              onKeyDown={(event) => {
                if (event.key === "Enter" && word.trim()) void run(word, [matching[0] ?? word.trim()]);
              }}
            />
          </label>
          <div className="find-kinds">
            {(word ? matching.map((name) => ({ label: name, kinds: [name] })) : offered).map((each) => (
              <Button
                key={each.label}
                disabled={busy !== null}
                onClick={() => void run(each.label, expand(each.kinds))}
              >
                {busy === each.label && <Loader size={13} className="turning" />}
                {each.label}
              </Button>
            ))}
            {word && !matching.length && <p className="find-none">No kind of that name is known. “Anything” finds what stands out.</p>}
          </div>
          {candidates && (
            <Results found={candidates.found} chosen={candidates.chosen} />
          )}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Results({ found, chosen }: { found: Found[]; chosen: number | null }) {
  if (!found.length) return <p className="find-none">Nothing of that kind on this frame.</p>;
  const light = (index: number | null) =>
    editor.set(({ candidates }) => ({ candidates: candidates && { ...candidates, chosen: index } }));
  return (
    <ul className="find-results" aria-label="Found">
      {found.map((one, index) => (
        <li key={index}>
          <button
            type="button"
            className={index === chosen ? "lit" : ""}
            onPointerEnter={() => light(index)}
            onPointerLeave={() => light(null)}
            onFocus={() => light(index)}
            onBlur={() => light(null)}
            onClick={() => void takeCandidate(one)}
          >
            <span>
              {found.length > 1 && <kbd>{index + 1}</kbd>} {one.label}
            </span>
            <span className="number find-score">{Math.round(one.score * 100)} %</span>
          </button>
        </li>
      ))}
      {found.length > 1 && (
        <li>
          <Button
            look="quiet"
            onClick={async () => {
              for (const one of found) await takeCandidate(one);
            }}
          >
            Take all {found.length}
          </Button>
        </li>
      )}
    </ul>
  );
}
