"""What looks like a mistake and is not: correct code on which a watch finds nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader, TensorDataset

from rnnscope import watching
from rnnscope.watching import watch

IDIOMS: list[Callable[[], None]] = []


def idiom(program: Callable[[], None]) -> Callable[[], None]:
    IDIOMS.append(program)
    return program


def batches(*shape: int, classes: int = 3) -> DataLoader:
    data = TensorDataset(torch.randn(12, *shape), torch.randint(0, classes, (12,)))
    return DataLoader(data, batch_size=6, shuffle=True)


@idiom
def time_folded_into_the_batch() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(10, 4):
        chunks = x.reshape(6 * 2, 5, 4)
        _, h_n = gru(chunks)
        F.cross_entropy(head(h_n[-1].view(6, 2, 8).mean(1)), y).backward()


@idiom
def variables_as_extra_batch() -> None:
    gru, head = nn.GRU(1, 8, batch_first=True), nn.Linear(4 * 8, 3)
    for x, y in batches(10, 4):
        series = x.permute(0, 2, 1).reshape(-1, 10, 1)
        _, h_n = gru(series)
        F.cross_entropy(head(h_n[-1].view(6, -1)), y).backward()


@idiom
def dilated_by_interleaving_into_the_batch() -> None:
    gru, head = nn.GRU(4, 8), nn.Linear(8, 3)
    for x, y in batches(10, 4):
        x = x.transpose(0, 1)
        dilated = torch.cat([x[j::2] for j in range(2)], 1)
        output, _ = gru(dilated)
        parts = output.split(6, dim=1)
        woven = torch.stack(parts).transpose(1, 0).contiguous().view(10, 6, 8)
        F.cross_entropy(head(woven[-1]), y).backward()


@idiom
def two_paths_over_chunks_and_within_them() -> None:
    within, across = nn.GRU(4, 4, batch_first=True), nn.GRU(4, 4, batch_first=True)
    head = nn.Linear(4, 3)
    for x, y in batches(4, 5, 4):
        n, chunks, steps, f = x.shape
        x, _ = within(x.reshape(n * chunks, steps, f))
        x = x.reshape(n, chunks, steps, f).transpose(1, 2).reshape(n * steps, chunks, f)
        x, _ = across(x)
        F.cross_entropy(head(x.reshape(n, steps, chunks, f).mean((1, 2))), y).backward()


@idiom
def attention_across_chunks_and_a_layer_within_them() -> None:
    """As DPTNet: what is extra batch to the layer within is time to the attention across."""
    within, across = nn.LSTM(4, 4, batch_first=True), nn.MultiheadAttention(4, 2)
    for _ in range(2):
        x = torch.randn(6, 7, 5, 4)
        n, chunks, steps, f = x.shape
        y = within(x.reshape(n * chunks, steps, f))[0].reshape(n, chunks, steps, f)
        y = y.permute(1, 0, 2, 3).reshape(chunks, n * steps, f)
        across(y, y, y)[0].pow(2).mean().backward()


@idiom
def half_overlapping_chunks_put_together() -> None:
    """(..., 12 chunks, 6 steps) read as (..., 6, 12): pairs of chunks, not exchanged axes."""
    within, across = nn.GRU(4, 4, batch_first=True), nn.GRU(4, 4, batch_first=True)
    for x, _ in batches(12, 6, 4):
        y = within(x.reshape(6 * 12, 6, 4))[0].reshape(6, 12, 6, 4).transpose(1, 2)
        y = across(y.reshape(6 * 6, 12, 4))[0].reshape(6, 6, 12, 4)
        y = y.permute(0, 3, 2, 1).contiguous().view(6, 4, -1, 2 * 6)
        y[..., :6].pow(2).mean().backward()


@idiom
def both_directions_by_hand() -> None:
    """As QuasiRNN: a copy from the end lies beside the sequence in the batch."""
    gates, head = nn.Linear(4, 8), nn.Linear(8, 3)
    for x, y in batches(10, 4):
        steps = x.permute(1, 0, 2)
        z = gates(torch.cat([steps, steps.flip(0)], 1)).tanh()
        ahead, back = z.permute(1, 0, 2).chunk(2, 0)
        both = ahead + back.flip(1)
        F.cross_entropy(head(both.mean(1)), y).backward()


class LayerWithLengths(nn.LSTM):
    """A subclass whose forward takes more than torch's own."""

    def forward(self, x, hx=None, lengths=None, enforce_sorted=True):  # type: ignore[no-untyped-def]
        packed = pack_padded_sequence(
            x, lengths, batch_first=self.batch_first, enforce_sorted=enforce_sorted
        )
        output, states = super().forward(packed, hx)
        return pad_packed_sequence(output, batch_first=self.batch_first)[0], states


@idiom
def subclass_with_arguments_of_its_own() -> None:
    layer, head = LayerWithLengths(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(10, 4):
        lengths = torch.tensor([10, 8, 9, 3, 4, 10])
        _, (h_n, _) = layer(x, lengths=lengths, enforce_sorted=False)
        F.cross_entropy(head(h_n[-1]), y).backward()


@idiom
def two_paths_over_one_sample() -> None:
    bands, time = nn.GRU(4, 4, batch_first=True), nn.GRU(4, 4, batch_first=True)
    x = torch.randn(1, 6, 5, 4)
    y, _ = time(x[0])
    z, _ = bands(y.transpose(0, 1).contiguous())
    z.transpose(0, 1).pow(2).mean().backward()


@idiom
def words_then_sentences_of_one_document() -> None:
    words, sentences, head = nn.GRU(4, 6, batch_first=True), nn.GRU(6, 6), nn.Linear(6, 3)
    document = torch.randn(5, 7, 4)
    _, h_n = words(document)
    output, _ = sentences(h_n[-1].unsqueeze(1))
    weights = torch.softmax(output.sum(-1), dim=0)
    F.cross_entropy(head((weights.unsqueeze(-1) * output).sum(0)), torch.tensor([1])).backward()


@idiom
def instances_of_a_bag() -> None:
    gru, score, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 1), nn.Linear(6, 2)
    for _ in range(3):
        _, h_n = gru(torch.randn(5, 7, 4))
        weights = torch.softmax(score(h_n[-1]), dim=0)
        bag = (weights * h_n[-1]).sum(dim=0, keepdim=True)
        F.cross_entropy(head(bag), torch.tensor([1])).backward()


@idiom
def cells_over_items() -> None:
    cell, head = nn.GRUCell(4, 6), nn.Linear(6, 3)
    neighbours = (torch.rand(5, 5) > 0.5).float()
    features, state = torch.randn(5, 4), torch.zeros(5, 6)
    for _ in range(3):
        state = cell(features, neighbours @ state)
    F.cross_entropy(head(state.mean(0, keepdim=True)), torch.tensor([1])).backward()


@idiom
def gathered_at_the_last_real_step() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
    lengths = torch.tensor([5, 3, 2])
    x = pad_sequence([torch.randn(n, 4) for n in lengths.tolist()], batch_first=True)
    output, _ = gru(x)
    index = (lengths - 1).view(-1, 1, 1).expand(-1, 1, 6)
    last = output.gather(1, index).squeeze(1)
    F.cross_entropy(head(last), torch.tensor([0, 1, 2])).backward()


@idiom
def indexed_at_the_last_real_step() -> None:
    gru, head = nn.GRU(4, 6), nn.Linear(6, 3)
    lengths = torch.tensor([5, 3, 2])
    x = pad_sequence([torch.randn(n, 4) for n in lengths.tolist()])
    output, _ = gru(x)
    last = output[lengths - 1, torch.arange(3)]
    F.cross_entropy(head(last), torch.tensor([0, 1, 2])).backward()


@idiom
def masked_loss_over_padding() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 1)
    lengths = torch.tensor([5, 3, 2])
    x = pad_sequence([torch.randn(n, 4) for n in lengths.tolist()], batch_first=True)
    mask = torch.arange(5)[None] < lengths[:, None]
    output, _ = gru(x)
    error = (head(output).squeeze(-1) - torch.randn(3, 5)).pow(2)
    ((error * mask).sum() / mask.sum()).backward()


@idiom
def masked_mean_over_time() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
    lengths = torch.tensor([5, 3, 2])
    x = pad_sequence([torch.randn(n, 4) for n in lengths.tolist()], batch_first=True)
    packed = pack_padded_sequence(x, lengths, batch_first=True)
    output, _ = pad_packed_sequence(gru(packed)[0], batch_first=True)
    mean = output.sum(1) / lengths[:, None]
    F.cross_entropy(head(mean), torch.tensor([0, 1, 2])).backward()


@idiom
def masked_attention() -> None:
    gru, score = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 1)
    head = nn.Linear(6, 3)
    lengths = torch.tensor([5, 3, 2])
    x = pad_sequence([torch.randn(n, 4) for n in lengths.tolist()], batch_first=True)
    mask = torch.arange(5)[None] < lengths[:, None]
    packed = pack_padded_sequence(x, lengths, batch_first=True)
    output, _ = pad_packed_sequence(gru(packed)[0], batch_first=True)
    weights = score(output).squeeze(-1).masked_fill(~mask, float("-inf")).softmax(1)
    pooled = torch.bmm(weights.unsqueeze(1), output).squeeze(1)
    F.cross_entropy(head(pooled), torch.tensor([0, 1, 2])).backward()


@idiom
def last_step_of_one_direction() -> None:
    lstm, head = nn.LSTM(4, 6, num_layers=2, batch_first=True), nn.Linear(6, 3)
    for x, y in batches(5, 4):
        output, (h_n, _) = lstm(x)
        F.cross_entropy(head(output[:, -1]) + head(h_n[-1]), y).backward()


@idiom
def squeezed_state_of_one_layer() -> None:
    lstm, head = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 3)
    for x, y in batches(5, 4):
        _, (h_n, _) = lstm(x)
        F.cross_entropy(head(h_n.squeeze(0)), y).backward()


@idiom
def both_ends_of_both_directions() -> None:
    gru, head = nn.GRU(4, 6, bidirectional=True), nn.Linear(24, 3)
    for x, y in batches(5, 4):
        output, _ = gru(x.transpose(0, 1))
        F.cross_entropy(head(torch.cat([output[0], output[-1]], -1)), y).backward()


@idiom
def the_right_end_of_each_direction() -> None:
    gru, head = nn.GRU(4, 6, bidirectional=True, batch_first=True), nn.Linear(12, 3)
    for x, y in batches(5, 4):
        output, _ = gru(x)
        summary = torch.cat([output[:, -1, :6], output[:, 0, 6:]], -1)
        F.cross_entropy(head(summary), y).backward()


@idiom
def directions_by_a_view() -> None:
    gru, head = nn.GRU(4, 6, bidirectional=True, batch_first=True), nn.Linear(12, 3)
    for x, y in batches(5, 4):
        output, _ = gru(x)
        output = output.view(6, 5, 2, 6)
        summary = torch.cat([output[:, -1, 0], output[:, 0, 1]], -1)
        F.cross_entropy(head(summary), y).backward()


@idiom
def directions_added() -> None:
    gru, head = nn.GRU(4, 6, bidirectional=True, batch_first=True), nn.Linear(6, 3)
    for x, y in batches(5, 4):
        output, _ = gru(x)
        both = output[:, :, :6] + output[:, :, 6:]
        F.cross_entropy(head(both.mean(1)), y).backward()


@idiom
def states_batch_first_by_permute() -> None:
    gru, head = nn.GRU(4, 6, 2, bidirectional=True, batch_first=True), nn.Linear(24, 3)
    for x, y in batches(5, 4):
        _, h_n = gru(x)
        F.cross_entropy(head(h_n.permute(1, 0, 2).reshape(6, -1)), y).backward()


@idiom
def states_by_layers_and_directions() -> None:
    gru, head = nn.GRU(4, 6, 2, bidirectional=True, batch_first=True), nn.Linear(12, 3)
    for x, y in batches(5, 4):
        _, h_n = gru(x)
        last = h_n.view(2, 2, 6, 6)[-1]
        F.cross_entropy(head(torch.cat([last[0], last[1]], -1)), y).backward()


@idiom
def last_two_states_side_by_side() -> None:
    gru, head = nn.GRU(4, 5, 2, bidirectional=True, batch_first=True), nn.Linear(10, 3)
    for x, y in batches(5, 4):
        _, h_n = gru(x)
        F.cross_entropy(head(h_n[-2:].transpose(0, 1).reshape(6, -1)), y).backward()


@idiom
def state_kept_batch_first_and_turned_back() -> None:
    gru, head = nn.GRU(4, 6, num_layers=2, batch_first=True), nn.Linear(6, 3)
    state = torch.zeros(6, 2, 6)
    for _ in range(3):
        x = torch.randn(6, 5, 4)
        output, h_n = gru(x, state.transpose(0, 1).contiguous())
        state = h_n.detach().transpose(0, 1)
        F.cross_entropy(head(output[:, -1]), torch.randint(0, 3, (6,))).backward()


@idiom
def rollout_split_into_steps_and_environments() -> None:
    gru, head = nn.GRU(4, 6), nn.Linear(6, 1)
    flat = torch.randn(5 * 3, 4)
    output, _ = gru(flat.view(5, 3, 4), torch.zeros(1, 3, 6))
    value = head(output.view(5 * 3, 6))
    (value.squeeze(-1) - torch.randn(15)).pow(2).mean().backward()


@idiom
def one_environment_or_sequence() -> None:
    lstm, head = nn.LSTM(4, 6), nn.Linear(6, 3)
    x = torch.randn(7, 4)
    output, _ = lstm(x.view(-1, 1, 4))
    F.cross_entropy(head(output.view(7, -1)), torch.randint(0, 3, (7,))).backward()


@idiom
def decoder_of_single_steps() -> None:
    encoder, decoder = nn.GRU(4, 6, batch_first=True), nn.GRU(3, 6, batch_first=True)
    head = nn.Linear(6, 3)
    for x, _ in batches(5, 4):
        _, state = encoder(x)
        step, outputs = torch.zeros(6, 1, 3), []
        for _ in range(4):
            output, state = decoder(step, state)
            logits = head(output)
            outputs.append(logits)
            step = logits.softmax(-1)
        scores = torch.cat(outputs, 1)
        F.cross_entropy(scores.reshape(-1, 3), torch.randint(0, 3, (24,))).backward()


@idiom
def decoder_that_fills_a_tensor() -> None:
    encoder, cell, head = nn.GRU(4, 6), nn.GRUCell(3, 6), nn.Linear(6, 3)
    x, targets = torch.randn(5, 6, 4), torch.randint(0, 3, (4, 6))
    _, h_n = encoder(x)
    outputs, state, step = torch.zeros(4, 6, 3), h_n[-1], torch.zeros(6, 3)
    for t in range(4):
        state = cell(step, state)
        step = head(state)
        outputs[t] = step
    F.cross_entropy(outputs.view(-1, 3), targets.view(-1)).backward()


@idiom
def language_model_over_contiguous_chunks() -> None:
    embed, lstm, head = nn.Embedding(20, 4), nn.LSTM(4, 6), nn.Linear(6, 20)
    stream = torch.randint(0, 20, (31 * 3,)).view(3, -1).t().contiguous()
    state = None
    for start in range(0, 30, 10):
        x, y = stream[start : start + 10], stream[start + 1 : start + 11]
        output, state = lstm(embed(x), state)
        state = tuple(s.detach() for s in state)
        F.cross_entropy(head(output).view(-1, 20), y.reshape(-1)).backward()


@idiom
def sorted_packed_and_put_back() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(12, 3)
    x, lengths = torch.randn(4, 5, 4), torch.tensor([2, 5, 3, 4])
    ordered, index = lengths.sort(descending=True)
    back = index.argsort()
    packed = pack_padded_sequence(x.index_select(0, index), ordered, batch_first=True)
    output, h_n = gru(packed)
    output, _ = pad_packed_sequence(output, batch_first=True)
    output, h_n = output.index_select(0, back), h_n.index_select(1, back)
    both = torch.cat([output[torch.arange(4), lengths - 1], h_n[-1]], -1)
    F.cross_entropy(head(both), torch.tensor([0, 1, 2, 0])).backward()


@idiom
def unpacked_steps_first_then_turned() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
    words = [torch.randn(n, 4) for n in (5, 3, 2)]
    tags = pad_sequence([torch.randint(0, 3, (n,)) for n in (5, 3, 2)], True, -1)
    packed = pack_padded_sequence(pad_sequence(words, True), [5, 3, 2], batch_first=True)
    output, _ = pad_packed_sequence(gru(packed)[0])
    scores = head(output.transpose(0, 1))
    F.cross_entropy(scores.reshape(-1, 3), tags.reshape(-1), ignore_index=-1).backward()


@idiom
def contrastive_table_of_all_pairs() -> None:
    text, image = nn.GRU(4, 6, batch_first=True), nn.Linear(5, 6)
    _, h_n = text(torch.randn(7, 5, 4))
    scores = image(torch.randn(7, 5)) @ h_n[-1].t()
    loss = F.cross_entropy(scores, torch.arange(7)) + F.cross_entropy(scores.t(), torch.arange(7))
    (loss - scores.log_softmax(0).diag().mean()).backward()


@idiom
def normalised_by_hand_over_the_batch() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
    for x, y in batches(5, 4):
        x = (x - x.mean((0, 1))) / x.std((0, 1))
        output, _ = gru(x)
        F.cross_entropy(head(output[:, -1]), y).backward()


@idiom
def self_attention_over_states() -> None:
    gru = nn.GRU(4, 8, batch_first=True, bidirectional=True)
    attention, head = nn.MultiheadAttention(16, 2, batch_first=True), nn.Linear(16, 3)
    for x, y in batches(5, 4):
        states, _ = gru(x)
        mixed, _ = attention(states, states, states)
        F.cross_entropy(head(mixed.mean(1)), y).backward()


@idiom
def convolution_with_swapped_axes() -> None:
    conv, norm = nn.Conv1d(4, 8, 3, padding=1), nn.BatchNorm1d(8)
    lstm, head = nn.LSTM(8, 6, batch_first=True), nn.Linear(6, 3)
    for x, y in batches(5, 4):
        features = norm(conv(x.transpose(1, 2))).transpose(1, 2)
        output, _ = lstm(features)
        F.cross_entropy(head(output[:, -1]), y).backward()


@idiom
def attention_between_decoder_and_encoder() -> None:
    encoder, cell = nn.GRU(4, 6, batch_first=True, bidirectional=True), nn.GRUCell(3, 6)
    key, head, bridge = nn.Linear(12, 6), nn.Linear(18, 3), nn.Linear(12, 6)
    for x, _ in batches(5, 4):
        states, h_n = encoder(x)
        state = torch.tanh(bridge(torch.cat([h_n[0], h_n[1]], -1)))
        step, outputs = torch.zeros(6, 3), []
        for _ in range(3):
            state = cell(step, state)
            weights = torch.bmm(key(states), state.unsqueeze(2)).squeeze(2).softmax(1)
            context = torch.bmm(weights.unsqueeze(1), states).squeeze(1)
            step = head(torch.cat([context, state], -1))
            outputs.append(step)
        scores = torch.stack(outputs, 1)
        F.cross_entropy(scores.transpose(1, 2), torch.randint(0, 3, (6, 3))).backward()


@idiom
def results_left_unused() -> None:
    lstm, head = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 3)
    for x, y in batches(5, 4):
        output, (h_n, c_n) = lstm(x)
        print(output[0].shape, output[-1].mean().item(), c_n[0, 0, 0].item())
        F.cross_entropy(head(h_n[-1]), y).backward()


@idiom
def one_sample_looked_at() -> None:
    lstm, head = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 3)
    for x, y in batches(5, 4):
        output, _ = lstm(x)
        F.cross_entropy(head(output[:, -1]), y).backward()
    with torch.no_grad():
        output, _ = lstm(x)
        print(head(output)[0].argmax(-1).tolist())


@idiom
def tags_for_every_step() -> None:
    embed, lstm, head = nn.Embedding(20, 4), nn.LSTM(4, 6, bidirectional=True), nn.Linear(12, 3)
    data = TensorDataset(torch.randint(0, 20, (12, 5)), torch.randint(0, 3, (12, 5)))
    for x, y in DataLoader(data, batch_size=4, shuffle=True):
        output, _ = lstm(embed(x.t()))
        F.cross_entropy(head(output).permute(1, 2, 0), y).backward()


@idiom
def mean_over_steps_of_fixed_length() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True, bidirectional=True), nn.Linear(12, 3)
    for x, y in batches(5, 4):
        output, _ = gru(x)
        F.cross_entropy(head(output.mean(1) + output.max(1).values), y).backward()


@idiom
def rows_picked_by_index() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
    x, y = torch.randn(20, 5, 4), torch.randint(0, 3, (20,))
    for rows in torch.randperm(20).split(5):
        _, h_n = gru(x[rows])
        F.cross_entropy(head(h_n[-1]), y[rows]).backward()


@pytest.mark.parametrize("program", IDIOMS, ids=lambda p: p.__name__)
def test_correct_code_is_left_in_peace(
    program: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    torch.manual_seed(0)
    with watch() as seen:
        statistics = watching._active[0].tracer.mode.statistics
        program()
    assert not statistics.failures
    assert [str(f) for f in seen.findings if f.severity.counts] == []
