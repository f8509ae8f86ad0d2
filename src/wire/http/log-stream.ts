/** What stands in a stream of a serial log beside what the guest wrote. */

/** That many bytes from the end of the log come first; what follows them is live. */
export const historyHeader = 'holdfast-history-bytes';

/** Where output was left out for a viewer that was too far behind. */
export const skipMarker = (bytes: number): string => `\r\n[holdfast: ${bytes} bytes skipped]\r\n`;

export const skipMarkerPattern = /\r\n\[holdfast: \d+ bytes skipped\]\r\n/g;
