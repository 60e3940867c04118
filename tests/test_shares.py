"""What adds up to 1: where it is used along another axis, and where it cannot be anything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from rnnscope.experiments.budget import Budget
from rnnscope.experiments.shares import shared_axis
from rnnscope.measuring.randomness import preserved_randomness
from rnnscope.questions.inquiry import Fact, Inquiry
from rnnscope.recording.recorder import RECORDER
from rnnscope.recording.subscriber import Subscriber
from rnnscope.recording.tape import Tape
from rnnscope.subjects.facts import ResultConstant, SharesElsewhere

N, L, K, H, C = 4, 7, 5, 6, 3  # samples, steps, other steps, units, classes
Program = Callable[[], Any]
MISTAKES: list[tuple[str, Program]] = []
RIGHT: list[Program] = []


class Asked(Subscriber):
    """The inquiry alone, with all the time that it wants."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.inquiry = Inquiry(self.facts.append, Budget(began=float("-inf")))

    def step_ended(self, tape: Tape) -> None:
        self.inquiry.step(tape)


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    with preserved_randomness():
        torch.manual_seed(0)
        yield


def told(program: Program, steps: int = 2) -> list[object]:
    """The facts about shares and constants after some steps of a program that returns its loss."""
    asked = Asked()
    RECORDER.subscribe(asked)
    RECORDER.enter_thread()
    try:
        for _ in range(steps):
            program().backward()
    finally:
        RECORDER.leave_thread()
        RECORDER.unsubscribe(asked)
    asked.inquiry.end()
    assert not asked.inquiry.failures
    assert asked.inquiry.unfaithful == asked.inquiry.unasked == 0
    subjects = [fact.subject for fact in asked.facts]
    return [each for each in subjects if isinstance(each, (ResultConstant, SharesElsewhere))]


def mistake(kind: str) -> Callable[[Program], Program]:
    def keep(program: Program) -> Program:
        MISTAKES.append((kind, program))
        return program

    return keep


def right(program: Program) -> Program:
    RIGHT.append(program)
    return program


def sequences(steps: int = L, samples: int = N) -> Tensor:
    """What a recurrent layer says of some samples, step by step."""
    output: Tensor = nn.GRU(4, H, batch_first=True)(torch.randn(samples, steps, 4))[0]
    return output


def labels(*shape: int) -> Tensor:
    """Classes, each of them at least once."""
    count = torch.Size(shape).numel()
    return torch.randperm(count).reshape(shape) % C


def judged(pooled: Tensor) -> Tensor:
    return F.cross_entropy(nn.Linear(pooled.shape[-1], C)(pooled), labels(len(pooled)))


# -- one number alone


@mistake("constant")
def attention_over_one_feature() -> Tensor:
    states = sequences()
    weights = nn.Linear(H, 1)(states).softmax(-1)
    return judged((weights * states).sum(1))


@mistake("constant")
def softmax_by_hand_over_one_feature() -> Tensor:
    states = sequences()
    scores = nn.Linear(H, 1)(states)
    risen = (scores - scores.amax(2, keepdim=True)).exp()
    return judged((risen / risen.sum(2, keepdim=True) * states).sum(1))


@mistake("constant")
def log_probabilities_over_a_batch_of_one() -> Tensor:
    scores = nn.Linear(H, C)(sequences(samples=1)[:, -1])
    return F.nll_loss(scores.log_softmax(0), torch.tensor([1]))


@mistake("constant")
def norm_of_one_feature() -> Tensor:
    pitch = nn.LayerNorm(1)(nn.Linear(H, 1)(sequences()))
    return judged(nn.GRU(1, H, batch_first=True)(pitch)[1][0])


@mistake("constant")
def one_class() -> Tensor:
    return F.cross_entropy(nn.Linear(H, 1)(sequences()[:, -1]), torch.zeros(N).long())


@right
def attention_over_the_steps() -> Tensor:
    states = sequences()
    return judged((nn.Linear(H, 1)(states).softmax(1) * states).sum(1))


@right
def weight_of_a_part_begins_at_zero() -> Tensor:
    states = sequences()
    smooth = (states[:, 1:] - states[:, :-1]).pow(2).mean()
    return judged(states[:, -1]) + 0.0 * smooth


@right
def parameters_that_are_not_used_yet() -> Any:
    spare = nn.Linear(H, 1)
    return judged(sequences()[:, -1]) + 0 * spare(torch.zeros(1, H)).sum()


@right
def dead_units() -> Any:
    layer = nn.Linear(H, 1)
    with torch.no_grad():
        layer.bias.fill_(-10.0)
    return judged(sequences()[:, -1]) + layer(sequences()).relu().mean()


@right
def a_head_that_begins_at_zero() -> Tensor:
    head = nn.Linear(H, 1)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    return F.mse_loss(head(sequences()[:, -1]), torch.randn(N, 1))


@right
def saturated_and_clipped() -> Tensor:
    gate = (nn.Linear(H, 1)(sequences()) + 50).clamp(0.0, 1.0)
    return judged((gate * sequences()).mean(1))


@right
def attention_over_a_growing_history() -> Tensor:
    states, score = sequences(), nn.Linear(H, 1)
    seen = []
    for step in range(L):
        history = states[:, : step + 1]
        seen.append((score(history).softmax(1) * history).sum(1))
    return judged(torch.stack(seen, 1).mean(1))


@right
def straight_through() -> Tensor:
    soft = nn.Linear(H, 1)(sequences()).sigmoid()
    return judged(((soft.round() - soft).detach() + soft).mul(sequences()).mean(1))


@right
def a_number_over_itself() -> Any:
    price = nn.Linear(H, 1)(sequences()[:, -1]).mean()
    return judged(sequences()[:, -1]) * (price / price.detach())


@right
def a_mask_that_hides_nothing() -> Tensor:
    states = sequences()
    hidden = torch.zeros(N, L, 1, dtype=torch.bool)
    return judged(states.masked_fill(hidden, 0.0).mean(1))


@right
def everything_is_masked_for_now() -> Any:
    states = sequences()
    extra = nn.Linear(H, 1)(states) * torch.zeros(N, L, 1)
    return judged(states[:, -1]) + extra.mean()


@right
def one_sample_with_a_norm_over_its_features() -> Tensor:
    return judged(nn.LayerNorm(H)(sequences(samples=1)[:, -1]))


@right
def two_states_stacked() -> Tensor:
    states = nn.LSTM(4, H, batch_first=True)(torch.randn(N, L, 4))[1]
    return judged(torch.stack(states)[0, -1])


@right
def a_mean_over_one_layer() -> Tensor:
    return judged(torch.stack([sequences()]).mean(0)[:, -1])


# -- classes


@mistake("classes")
def log_probabilities_over_the_steps() -> Tensor:
    scores = nn.Linear(H, C)(sequences()).log_softmax(1)
    return F.nll_loss(scores.reshape(-1, C), labels(N * L))


@mistake("classes")
def probabilities_over_the_steps_picked_by_an_index() -> Any:
    chances = nn.Linear(H, C)(sequences()).softmax(1)
    return -chances.gather(2, labels(N, L, 1)).log().mean()


@mistake("classes")
def ctc_over_the_steps() -> Tensor:
    scores = nn.Linear(H, C)(sequences()).log_softmax(1).transpose(0, 1)
    targets = torch.tensor([[1, 2]] * N)
    return F.ctc_loss(scores, targets, torch.full((N,), L), torch.full((N,), 2))


@right
def log_probabilities_over_the_classes() -> Tensor:
    scores = nn.Linear(H, C)(sequences()).log_softmax(-1)
    return F.nll_loss(scores.transpose(1, 2), labels(N, L))


@right
def ctc_over_the_classes() -> Tensor:
    scores = nn.Linear(H, C)(sequences()).transpose(0, 1).log_softmax(2)
    targets = torch.tensor([[1, 2]] * N)
    return F.ctc_loss(scores, targets, torch.full((N,), L), torch.full((N,), 2))


@right
def a_pointer_to_a_step() -> Tensor:
    scores = nn.Linear(H, 1)(sequences()).squeeze(2)
    return F.nll_loss(scores.log_softmax(1), torch.tensor([0, 3, 6, 2]))


@right
def a_step_for_each_class() -> Tensor:
    scores = nn.Linear(H, C)(sequences()).log_softmax(1)
    return F.nll_loss(scores, torch.randint(0, L, (N, C)))


@right
def mean_of_probabilities_over_the_steps() -> Tensor:
    chances = nn.Linear(H, C)(sequences()).softmax(2).mean(1)
    return F.nll_loss(chances.log(), labels(N))


@right
def classes_pooled_by_attention() -> Tensor:
    states = sequences()
    chances, weights = nn.Linear(H, C)(states).softmax(2), nn.Linear(H, 1)(states).softmax(1)
    return F.nll_loss((weights * chances).sum(1).log(), labels(N))


@right
def each_class_attends_to_its_own_steps() -> Tensor:
    states = sequences()
    weights = nn.Linear(H, C)(states).softmax(1)
    return F.cross_entropy((weights * nn.Linear(H, C)(states)).sum(1), labels(N))


@right
def scores_pooled_by_their_own_softmax() -> Tensor:
    scores = nn.Linear(H, C)(sequences())
    return F.cross_entropy((scores.softmax(1) * scores).sum(1), labels(N))


@right
def an_ensemble() -> Tensor:
    states = sequences()[:, -1]
    chances = torch.stack([nn.Linear(H, C)(states).softmax(1) for _ in range(3)])
    return F.nll_loss(chances.mean(0).log(), labels(N))


@right
def entropy_as_a_part_of_the_loss() -> Any:
    scores = nn.Linear(H, C)(sequences()[:, -1]).log_softmax(1)
    return F.nll_loss(scores, labels(N)) + 0.1 * (scores.exp() * scores).sum(1).mean()


@right
def samples_against_each_other() -> Tensor:
    table = sequences()[:, -1] @ sequences()[:, 0].t()
    return -(table.log_softmax(0).diag() + table.log_softmax(1).diag()).mean()


@right
def focal_loss() -> Any:
    scores = nn.Linear(H, C)(sequences()[:, -1]).log_softmax(1)
    picked = scores.gather(1, labels(N)[:, None])
    return -((1 - picked.exp()) ** 2 * picked).mean()


# -- steps


def two_sequences() -> tuple[Tensor, Tensor]:
    memory, h_n = nn.GRU(4, H, batch_first=True)(torch.randn(N, L, 4))
    return memory, nn.GRU(4, H, batch_first=True)(torch.randn(N, K, 4), h_n)[0]


def tagged(output: Tensor) -> Tensor:
    scores = nn.Linear(output.shape[-1], C)(output)
    return F.cross_entropy(scores.reshape(-1, C), labels(scores[..., 0].numel()))


@mistake("steps")
def weights_over_the_queries() -> Tensor:
    memory, queries = two_sequences()
    return tagged(torch.bmm((queries @ memory.transpose(1, 2)).softmax(1), memory))


@mistake("steps")
def weights_over_the_queries_by_einsum() -> Tensor:
    memory, queries = two_sequences()
    weights = torch.einsum("nqh,nkh->nqk", queries, nn.Linear(H, H)(memory)).softmax(dim=1)
    return tagged(torch.cat([torch.einsum("nqk,nkh->nqh", weights, memory), queries], 2))


@mistake("steps")
def weights_over_the_queries_of_itself() -> Tensor:
    states = sequences()
    keys = nn.Linear(H, H)(states)
    return tagged((keys @ states.transpose(1, 2)).softmax(1) @ states)


@mistake("steps")
def additive_weights_over_the_queries() -> Tensor:
    memory, queries = two_sequences()
    both = (queries[:, :, None] + memory[:, None]).tanh()
    weights = nn.Linear(H, 1)(both).softmax(1)
    return tagged((weights * memory[:, None]).sum(2))


@right
def weights_over_the_keys() -> Tensor:
    memory, queries = two_sequences()
    return tagged(torch.bmm((queries @ memory.transpose(1, 2)).softmax(2), memory))


@right
def weights_over_the_keys_that_come_first() -> Tensor:
    memory, queries = two_sequences()
    weights = (memory @ queries.transpose(1, 2)).softmax(1)
    return tagged(weights.transpose(1, 2) @ memory)


@right
def coattention() -> Tensor:
    memory, queries = two_sequences()
    table = queries @ memory.transpose(1, 2)
    of_memory, of_queries = table.softmax(2), table.softmax(1)
    summary = of_queries.transpose(1, 2) @ queries
    return tagged(torch.cat([of_memory @ memory, of_memory @ summary], 2))


@right
def several_heads() -> Tensor:
    memory, queries = two_sequences()
    return tagged(nn.MultiheadAttention(H, 2, batch_first=True)(queries, memory, memory)[0])


@right
def heads_by_hand_with_a_mask() -> Tensor:
    states = sequences()
    q, k, v = (nn.Linear(H, H)(states).view(N, L, 2, 3).transpose(1, 2) for _ in range(3))
    future = torch.ones(L, L, dtype=torch.bool).triu(1)
    weights = (q @ k.transpose(2, 3)).masked_fill(future, float("-inf")).softmax(3)
    return tagged((weights @ v).transpose(1, 2).reshape(N, L, H))


@right
def steps_gathered_in_clusters() -> Tensor:
    states = sequences()
    shares = nn.Linear(H, K)(states).softmax(2)
    clusters = (shares.transpose(1, 2) @ states) - shares.sum(1)[..., None] * torch.randn(K, H)
    return judged(clusters.flatten(1))


@right
def slots_that_compete_for_steps() -> Tensor:
    states = sequences()
    slots = nn.Parameter(torch.randn(K, H)).expand(N, K, H)
    shares = (slots @ states.transpose(1, 2)).softmax(1)
    shares = shares / shares.sum(2, keepdim=True)
    return judged((shares @ states).flatten(1))


@right
def linear_attention() -> Tensor:
    q, k, v = (nn.Linear(H, H)(sequences()) for _ in range(3))
    return tagged(q.softmax(2) @ (k.softmax(1).transpose(1, 2) @ v))


@right
def features_that_are_chosen_at_each_step() -> Tensor:
    states = sequences()
    return judged((nn.Linear(H, H)(states).softmax(2) * states).mean(1))


@right
def steps_that_are_weighed_and_read_again() -> Tensor:
    states = sequences()
    weighed = nn.Linear(H, H)(states).softmax(1) * states
    return judged(nn.GRU(H, H, batch_first=True)(weighed)[1][0])


@right
def a_mixture_of_experts() -> Tensor:
    states = sequences()
    gates = nn.Linear(H, 3)(states).softmax(2)
    experts = torch.stack([nn.Linear(H, H)(states) for _ in range(3)], 2)
    return tagged((gates[..., None] * experts).sum(2))


@right
def the_best_of_the_experts_alone() -> Tensor:
    states = sequences()
    best, index = nn.Linear(H, 3)(states).softmax(2).topk(2)
    experts = torch.stack([nn.Linear(H, H)(states) for _ in range(3)], 2)
    chosen = experts.gather(2, index[..., None].expand(-1, -1, -1, H))
    return tagged(((best / best.sum(2, keepdim=True))[..., None] * chosen).sum(2))


@right
def drawn_words() -> Tensor:
    drawn = F.gumbel_softmax(nn.Linear(H, C)(sequences()), dim=2)
    return judged(nn.GRU(H, H, batch_first=True)(drawn @ torch.randn(C, H))[1][0])


@right
def attention_over_packed_steps() -> Tensor:
    lengths = [7, 5, 3, 2]
    padded = pad_sequence([torch.randn(n, 4) for n in lengths], batch_first=True)
    packed = pack_padded_sequence(padded, lengths, batch_first=True)
    states, _ = pad_packed_sequence(nn.GRU(4, H, batch_first=True)(packed)[0], batch_first=True)
    hidden = torch.arange(L) >= torch.tensor(lengths)[:, None]
    scores = nn.Linear(H, 1)(states).squeeze(2).masked_fill(hidden, float("-inf"))
    return judged(torch.bmm(scores.softmax(1)[:, None], states).squeeze(1))


@pytest.mark.parametrize(("kind", "program"), MISTAKES, ids=lambda v: getattr(v, "__name__", v))
def test_the_mistake_is_found(kind: str, program: Program) -> None:
    found = told(program)
    kinds = [getattr(fact, "use", "constant") for fact in found]
    assert kinds == [kind], found


@pytest.mark.parametrize("program", RIGHT, ids=lambda program: program.__name__)
def test_nothing_is_said_of(program: Program) -> None:
    assert told(program) == []


@pytest.mark.parametrize(
    ("value", "axis"),
    [
        (torch.randn(3, 4, 5).softmax(1), 1),
        (torch.randn(3, 4, 5).log_softmax(2), 2),
        (torch.randn(3, 4).softmax(1) * torch.tensor([1.0, 1.0, 0.9])[:, None], None),
        (torch.full((4, 4), 0.25), None),  # along both axes
        (torch.randn(3, 4), None),
        (torch.tensor([[0.5, 1.5, -1.0]]), None),
        (torch.randn(3, 1).softmax(1), None),
        (torch.zeros(0, 4), None),
        (torch.full((2, 3), float("nan")), None),
    ],
)
def test_the_axis_along_which_numbers_add_up(value: Tensor, axis: int | None) -> None:
    assert shared_axis(value) == axis
