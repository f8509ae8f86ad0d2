/**
 * Asks until the answer is one: `y`, `n`, or nothing, which is no. Another word is no answer: taking it for no would end what
 * a person meant to agree to. `readLine` answers null where the input is at its end.
 */
export async function askYesNo(
  question: string,
  readLine: (prompt: string) => Promise<string | null>,
): Promise<boolean> {
  let prompt = question;
  for (;;) {
    const answer = await readLine(prompt);
    if (answer === null || /^(n|no)?$/i.test(answer.trim())) return false;
    if (/^(y|yes)$/i.test(answer.trim())) return true;
    prompt = `Please answer y or n. ${question}`;
  }
}
