import { Buffer } from 'node:buffer';

const ROM_BYTES = 65_536;
/** Where the processor starts: a far jump to the beginning of the image. */
const RESET_VECTOR = 0xfff0;

/** The assembled kvm-probe.s, without its padding; a test assembles the source again and compares. */
const CODE = [
  '+vy4APCO2DHAjtC8AHCwUubpuAAQjsAx/2YxwLkAIGbzqyZmxwYAAAcQAQAmZscG+A8HEAEAJmbHBgAQByABACZmxwbwHwcgAQAmZscGACCHAAAA',
  'JmbHBhgQBzABACZmxwa4P5cA4P5muAAAAQAPItgPIOBmg8ggDyLgZrmAAADADzJmDQEBAAAPMGYPARYwAw8gwGYNAQABgA8iwGbqpQAPAAgAuBAA',
  'AACO2I7AjtBIx8QAAAKAsEzm6UjHwAAAAIBIjR0FAAAASAHY/+CwSObpSMfHAJABgEiNNRACAAC5QAAAAPOkSMfDAKABgEjHwAAgAoBIiUMEZsdD',
  'ZmgASMfHAJABgGbHRyhnAGbHRyoAoMZHLAHGRy2JxkcvgMdHMP////9IjQUKAgAADwEQuCgAAAAPANhIjQWSAQAAuQMAAADoXAEAAEiNBYcBAAC5',
  'DgAAAOhLAQAASI0FgQEAALkNAAAA6DoBAABIjQV2AQAAuSAAAADoKQEAAEiNBewAAAC5gAAAAOgYAQAASI0FrQEAAA8BGMxIx8AAAECAigiwUObp',
  'DyDYDyLYDwH4DwH4McAPorBD5um7AADg/seD8AAAAP8BAADHg1ADAAAABwAAsBHmIOagsCDmIbAo5qGwBOYhsALmobAB5iHmobD+5iGw/+ahsDTm',
  'Q7Cp5kCwBOZARTH/+/RBg/8Kcvn6sFTm6bmBAADAMcC6CAATAA8wuYIAAMBIjQU1AAAASInCSMHqIA8wuYQAAMC4AAIAADHSDzBqG2gAQAIAagJq',
  'I2hUAg8ASM9BtlUPBUG2dc2A6/RIx8QAAAKAsFXm6UgPB7BT5ulIuPDevJp4VjQSSInDSAHYSLngvXk18axoJEg5yHUMsEvm6bAx5vT69Ov9sDLm',
  '9PTr/UjHxwCAAYDB4QRIAc9miQdmx0cCCABmx0cEAO5IwegQZolHBkjB6BCJRwjDsELm6UjPSIPECEiDBCQCSM+wR+bp67ZB/8ewIOYgSM8AAAAA',
  'AAAAAP//AAAAmq8A//8AAACSzwD//wAAAPLPAP//AAAA+q8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAPwDwAg8APwAAkAGA//////8PAIABgP//',
  '//8=',
].join('');

/** The probe guest, ready for `-bios`. */
export function renderProbeRom(): Uint8Array {
  const rom = Buffer.alloc(ROM_BYTES);
  Buffer.from(CODE, 'base64').copy(rom);
  Buffer.from([0xea, 0x00, 0x00, 0x00, 0xf0]).copy(rom, RESET_VECTOR);
  return rom;
}
