import type { ReactNode } from "react";
import { editor, useEditor } from "../state/editor";
import { Dialog } from "../ui/Dialog";
import { GROUPS, type Group } from "./keys";
import "./shortcuts.css";

export function ShortcutsDialog() {
  const open = useEditor((state) => state.dialog === "shortcuts");
  const [play, point, ...others] = GROUPS;
  return (
    <Dialog open={open} onClose={() => editor.set({ dialog: null })} title="Shortcuts" width={980}>
      <div className="shortcuts">
        <div>
          <Keys group={play!} />
          <Part title="Pointer">
            <div><dt>Right click</dt><dd>Not the object; also Alt and click</dd></div>
            <div><dt>Wheel</dt><dd>Zoom; two fingers move the picture</dd></div>
            <div><dt>Drag a track</dt><dd>Choose a stretch to track again</dd></div>
            <div><dt>Ctrl wheel</dt><dd>Over the timeline: zoom it</dd></div>
          </Part>
        </div>
        <div>
          <Keys group={point!} />
        </div>
        <div>
          {others.map((group) => (
            <Keys key={group.title} group={group} />
          ))}
        </div>
      </div>
    </Dialog>
  );
}

function Keys({ group }: { group: Group }) {
  return (
    <Part title={group.title}>
      {group.shortcuts
        .filter((each) => each.shown)
        .map((each) => (
          <div key={each.shown}>
            <dt>
              {each.shown.split(" ").map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{each.label}</dd>
          </div>
        ))}
    </Part>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <dl>{children}</dl>
    </section>
  );
}
