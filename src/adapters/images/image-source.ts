/** An opened source of image bytes: a local file or an HTTP answer. Read once, then closed, whatever happened. */
export interface ImageSource {
  /** What the source says its size is; null = it does not say. */
  readonly totalBytes: number | null;
  /**
   * Names this state of the source: another state has another text. `since`: when it came about, by the wall clock. Absent =
   * the source cannot say whether it is still the same.
   */
  readonly version?: { readonly text: string; readonly since: number };
  /** The next bytes, undefined at the end. Fault `image_unavailable` when the source breaks off or changes. */
  read(): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}
