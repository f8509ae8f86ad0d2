/** A value as JSON knows it. Stored rows, wire bodies and manifests are made of it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}
