import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { IconButton } from "./Button";

export function Dialog({
  open,
  onClose,
  title,
  description,
  width,
  footer,
  children,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: string;
  width?: number;
  footer?: ReactNode;
  children: ReactNode;
}) {
  return (
    <Radix.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="veil" />
        <Radix.Content
          className="dialog"
          onOpenAutoFocus={(event) => {
            // The dialog itself is read first; its first button would only show its hint.
            event.preventDefault();
            (event.currentTarget as HTMLElement).focus();
          }}
          style={{ "--dialog-width": `${width ?? 520}px` } as React.CSSProperties}
          {...(description ? {} : { "aria-describedby": undefined })}
        >
          <div className="dialog-head">
            <Radix.Title asChild>
              <h2>{title}</h2>
            </Radix.Title>
            <Radix.Close asChild>
              <IconButton label="Close" keys="Esc">
                <X size={16} />
              </IconButton>
            </Radix.Close>
          </div>
          {description && (
            <Radix.Description className="visually-hidden">{description}</Radix.Description>
          )}
          <div className="dialog-body">{children}</div>
          {footer && <div className="dialog-foot">{footer}</div>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** A question before what cannot be undone. */
export function Confirm({
  open,
  title,
  text,
  verb,
  onConfirm,
  onClose,
}: {
  open: boolean;
  title: string;
  text: string;
  verb: string;
  onConfirm: () => void;
  onClose: () => void;
}) {
  return (
    <Radix.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="veil" />
        <Radix.Content
          className="dialog"
          role="alertdialog"
          style={{ "--dialog-width": "400px" } as React.CSSProperties}
        >
          <div className="dialog-head">
            <Radix.Title asChild>
              <h2>{title}</h2>
            </Radix.Title>
          </div>
          <div className="dialog-body">
            <Radix.Description>{text}</Radix.Description>
          </div>
          <div className="dialog-foot">
            <Radix.Close asChild>
              <button type="button" className="button quiet">
                Cancel
              </button>
            </Radix.Close>
            <button
              type="button"
              className="button danger"
              onClick={() => {
                onConfirm();
                onClose();
              }}
            >
              {verb}
            </button>
          </div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
