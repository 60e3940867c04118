"""Variable lengths: packing, and what reading output[:, -1] would have given.

Run it: python examples/variable_lengths.py
"""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

import rnnscope

torch.manual_seed(0)
lengths = torch.tensor([2, 5, 3])  # in no particular order
sequences = [torch.randn(length, 10) for length in lengths]
padded = pad_sequence(sequences, batch_first=True)  # (N, L, H_in) = (3, 5, 10), zeros at the end
lstm = nn.LSTM(10, 20, batch_first=True)

with rnnscope.watch() as seen:
    packed = pack_padded_sequence(padded, lengths, batch_first=True, enforce_sorted=False)
    packed_output, (h_n, _) = lstm(packed)
    output, real = pad_packed_sequence(packed_output, batch_first=True)  # back in the user's order
    # The last real step of each sequence, at length - 1.
    last = output[torch.arange(len(real)), real - 1]
print("findings:", len(seen.findings))

print("real steps", packed.data.size(0), "of", padded.size(0) * padded.size(1))
print("batch_sizes", packed.batch_sizes.tolist(), "sorted_indices", packed.sorted_indices.tolist())
print("output", tuple(output.shape), "last real step", tuple(last.shape))
# For one layer and one direction that is h_n, and each sequence gives what it gives alone.
alone = torch.cat([lstm(sequence.unsqueeze(0))[0][:, -1] for sequence in sequences])
print("last real step is h_n:", torch.allclose(last, h_n[-1]))
print("and that of each sequence alone:", torch.allclose(last, alone, atol=1e-6))

# The last position of the padded batch is real for the longest sequence alone: elsewhere it is
# the zeros of pad_packed_sequence, or, without packing, a state that has read padding.
at_end = output.select(1, -1)
unpacked = lstm(padded)[0].select(1, -1)
for name, tensor in (("output[:, -1], packed", at_end), ("output[:, -1], padded", unpacked)):
    wrong = (tensor - last).abs().amax(1) > 1e-6
    print(f"{name}: wrong for sequences {wrong.nonzero().flatten().tolist()}")
