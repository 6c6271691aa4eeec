/** Does one thing at a time, and of what was asked for meanwhile only all of it together, last.
 *
 * For sliders that are answered by the server: what moves faster than the answers is not queued. */
export class Latest<T extends object> {
  private busy = false;
  private next: Partial<T> | null = null;

  constructor(private readonly work: (change: Partial<T>) => Promise<void>) {}

  async ask(change: Partial<T>): Promise<void> {
    this.next = { ...this.next, ...change };
    if (this.busy) return;
    this.busy = true;
    try {
      while (this.next) {
        const latest: Partial<T> = this.next;
        this.next = null;
        await this.work(latest);
      }
    } catch {
      // Only the look ahead is missing: what is let go is kept, and any trouble is told then.
    } finally {
      this.busy = false;
    }
  }

  /** Drop what has not begun. */
  drop(): void {
    this.next = null;
  }
}
