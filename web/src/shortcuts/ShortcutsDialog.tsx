import { editor, useEditor } from "../state/editor";
import { Dialog } from "../ui/Dialog";
import { GROUPS } from "./keys";
import "./shortcuts.css";

export function ShortcutsDialog() {
  const open = useEditor((state) => state.dialog === "shortcuts");
  return (
    <Dialog open={open} onClose={() => editor.set({ dialog: null })} title="Shortcuts" width={760}>
      <div className="shortcuts">
        {GROUPS.map((group) => (
          <section key={group.title} aria-label={group.title}>
            <h3>{group.title}</h3>
            <dl>
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
            </dl>
          </section>
        ))}
        <section aria-label="Pointer">
          <h3>Pointer</h3>
          <dl>
            <div><dt>Right click</dt><dd>This is not the object (also Alt and click)</dd></div>
            <div><dt>Wheel</dt><dd>Zoom; two fingers move the picture</dd></div>
            <div><dt>Drag a track</dt><dd>Choose a stretch to track again</dd></div>
            <div><dt>Ctrl wheel</dt><dd>Over the timeline: zoom it</dd></div>
          </dl>
        </section>
      </div>
    </Dialog>
  );
}
