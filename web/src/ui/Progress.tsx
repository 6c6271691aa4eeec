/** How far something has come: a share in 0..1, or null where that is not known. */
export function Progress({ share, label }: { share: number | null; label: string }) {
  return (
    <div
      className={`progress ${share === null ? "unsure" : ""}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={share === null ? undefined : Math.round(share * 100)}
    >
      <div style={share === null ? undefined : { transform: `scaleX(${Math.min(1, share)})` }} />
    </div>
  );
}
