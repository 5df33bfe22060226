// The likeliest next tokens in an answer of llama.cpp or of our server, as [text, log-probability], whichever of OpenAI's two forms it has.

export function likeliest(answer) {
  const { logprobs } = answer.choices?.[0] ?? {};
  const listed = logprobs?.content?.[0]?.top_logprobs;
  const pairs = listed ? listed.map(({ token, logprob }) => [token, logprob]) : Object.entries(logprobs?.top_logprobs?.[0] ?? {});
  return pairs.filter(([token]) => token && !token.includes("\ufffd")); // half a letter is no text to go on from
}

// A few tokens, the likeliest each time: enough to end most words.
export const FEW_TOKENS = 8;

export const followed = (answer) => {
  const [choice] = answer.choices ?? [];
  return { text: choice?.text ?? "", isWhole: choice?.finish_reason === "stop" };
};
