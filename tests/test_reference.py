"""The reference computes what torch computes: results, gradients, and every step by itself."""

import copy
import pickle
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from rnnscope import reference
from rnnscope.cells import KINDS
from rnnscope.config import RNNConfig
from rnnscope.errors import CallError, SubjectError
from rnnscope.reference import (
    TOLERANCES,
    ReferenceRNN,
    disagreement,
    equations_of,
    largest_difference,
)
from rnnscope.reference.equation_interpreter import Step
from rnnscope.strategies import calls, configs
from rnnscope.strategies.tensors import make_input, make_module, make_states

# torch says once a process that it computes a projected LSTM on the CPU without oneDNN.
pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections")

EXACT = ["float32", "float64", "complex64", "complex128"]
SHORT = ["float16", "bfloat16"]
States = Tensor | tuple[Tensor, Tensor] | None
Case = tuple[nn.Module, Any, States]


@st.composite
def cases(draw: st.DrawFn, **options: Any) -> Case:
    """A torch layer, its input and its states (None when left to torch)."""
    config = draw(configs(**options))
    call = draw(calls(config))
    seed = draw(st.integers(0, 1000))
    states = make_states(config, call, seed + 1)
    return make_module(config, seed), make_input(config, call, seed), states


def leaves(hx: States) -> tuple[Tensor, ...]:
    return () if hx is None else hx if isinstance(hx, tuple) else (hx,)


def with_gradients(x: Any, hx: States) -> tuple[Any, Any, Tensor, tuple[Tensor, ...]]:
    """The same call with tensors that ask for gradients; of a packed input it is the data."""
    data = (x.data if isinstance(x, PackedSequence) else x).detach().clone().requires_grad_()
    if isinstance(x, PackedSequence):
        given: Any = PackedSequence(data, x.batch_sizes, x.sorted_indices, x.unsorted_indices)
    else:
        given = data
    states = tuple(s.detach().clone().requires_grad_() for s in leaves(hx))
    return given, states if isinstance(hx, tuple) else states[0] if states else None, data, states


def flat(result: Any) -> list[Tensor]:
    if isinstance(result, PackedSequence):
        return [result.data]
    return [result] if isinstance(result, torch.Tensor) else [t for r in result for t in flat(r)]


def gradients(module: nn.Module, x: Any, hx: States) -> list[Tensor]:
    """Gradients of a weighted sum of all results: by parameters, the input and the states."""
    x, hx, data, states = with_gradients(x, hx)
    results = flat(module(x, hx))
    weighed = [(t * torch.linspace(-1, 1, t.numel()).view_as(t)).sum() for t in results]
    total = sum(weighed, torch.zeros(()))
    wanted = [*module.parameters(), data, *states]
    total = total.real if total.is_complex() else total
    return [
        torch.zeros_like(w) if g is None else g
        for w, g in zip(wanted, torch.autograd.grad(total, wanted, allow_unused=True), strict=True)
    ]


class TestAgreesWithTorch:
    @given(cases(dtypes=["float32", "float64"]))
    @settings(max_examples=120, deadline=None)
    def test_results(self, case: Case) -> None:
        module, x, hx = case
        assert disagreement(module, x, hx) <= TOLERANCES[RNNConfig.of(module).dtype]

    @given(cases(dtypes=["complex64", "complex128"], kinds=["LSTM", "GRU", "LSTMCell", "GRUCell"]))
    @settings(max_examples=25, deadline=None)
    def test_results_of_complex_layers(self, case: Case) -> None:
        module, x, hx = case
        assert disagreement(module, x, hx) <= TOLERANCES[RNNConfig.of(module).dtype]

    @given(cases(dtypes=SHORT))
    @settings(max_examples=40, deadline=None)
    def test_results_of_short_types_within_what_they_can_hold(self, case: Case) -> None:
        module, x, hx = case
        assert disagreement(module, x, hx) <= TOLERANCES[RNNConfig.of(module).dtype]

    @given(cases(dtypes=["float32", "float64"]))
    @settings(max_examples=80, deadline=None)
    def test_gradients_of_parameters_input_and_states(self, case: Case) -> None:
        module, x, hx = case
        tolerance = {torch.float32: 1e-5, torch.float64: 1e-10}[next(module.parameters()).dtype]
        expected = gradients(module, x, hx)
        actual = gradients(ReferenceRNN.of(module), x, hx)
        # Gradients add up over steps and layers, so the bound is relative to the largest of them.
        scale = max(1.0, *(float(g.abs().max()) for g in expected if g.numel()))
        assert largest_difference(expected, actual) <= tolerance * scale

    def test_packed_results_stay_packed_in_the_users_order(self) -> None:
        lstm = nn.LSTM(3, 4, 2, bidirectional=True, batch_first=True)
        x = pack_padded_sequence(
            torch.randn(3, 5, 3), [2, 5, 3], batch_first=True, enforce_sorted=False
        )
        output, (h_n, _) = ReferenceRNN.of(lstm)(x)
        padded, lengths = pad_packed_sequence(output, batch_first=True)
        assert lengths.tolist() == [2, 5, 3]
        torch.testing.assert_close(padded[0, 1, :4], h_n[2, 0])

    @pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
    @given(cases(dtypes=["float32", "float64"], device="cuda"))
    @settings(max_examples=40, deadline=None)
    def test_results_on_a_gpu_without_tf32(self, case: Case) -> None:
        module, x, hx = case
        before = torch.backends.cudnn.allow_tf32
        assert disagreement(module, x, hx) <= TOLERANCES[RNNConfig.of(module).dtype]
        assert torch.backends.cudnn.allow_tf32 == before

    def test_empty_batch(self) -> None:
        lstm = nn.LSTM(3, 4)
        assert disagreement(lstm, torch.zeros(5, 0, 3)) == 0.0

    def test_a_wrong_layer_is_told_apart(self) -> None:
        gru = nn.GRU(3, 4)
        x = torch.randn(5, 2, 3)
        expected = gru(x)
        stand_in = ReferenceRNN.of(gru)
        with torch.no_grad():
            stand_in.bias_hh_l0[0] += 0.1
        assert largest_difference(expected, stand_in(x)) > 1e-3
        assert largest_difference([torch.zeros(2)], [torch.zeros(3)]) == float("inf")
        assert largest_difference([torch.tensor(1.0)], [torch.tensor(float("nan"))]) == float("inf")


class TestGRUOfThePaper:
    def test_reset_gate_after_the_product(self) -> None:
        """With the reset gate before the product, as in the paper, the results differ."""
        cell = nn.GRUCell(3, 4)
        x, h = torch.randn(2, 3), torch.randn(2, 4)
        (i_r, i_z, i_n) = (x @ cell.weight_ih.T + cell.bias_ih).chunk(3, -1)
        w_r, w_z, w_n = cell.weight_hh.chunk(3)
        b_r, b_z, b_n = cell.bias_hh.chunk(3)
        r = torch.sigmoid(i_r + h @ w_r.T + b_r)
        z = torch.sigmoid(i_z + h @ w_z.T + b_z)
        as_torch = (1 - z) * torch.tanh(i_n + r * (h @ w_n.T + b_n)) + z * h
        as_paper = (1 - z) * torch.tanh(i_n + (r * h) @ w_n.T + b_n) + z * h
        stand_in = ReferenceRNN.of(cell)(x, h)
        assert largest_difference(stand_in, as_torch) < 1e-6
        assert largest_difference(stand_in, as_paper) > 1e-3


class TestStandsIn:
    @given(configs(dtypes=EXACT))
    @settings(max_examples=60, deadline=None)
    def test_state_dict_both_ways(self, config: RNNConfig) -> None:
        module, stand_in = make_module(config, 1), ReferenceRNN(config)
        stand_in.load_state_dict(module.state_dict(), strict=True)
        module.load_state_dict(stand_in.state_dict(), strict=True)
        assert list(stand_in.state_dict()) == list(module.state_dict())

    @pytest.mark.parametrize("kind", KINDS)
    def test_same_seed_same_weights(self, kind: str) -> None:
        torch.manual_seed(3)
        module = getattr(nn, kind)(3, 4)
        torch.manual_seed(3)
        stand_in = getattr(reference, kind)(3, 4)
        for name, weight in module.named_parameters():
            assert torch.equal(weight, getattr(stand_in, name)), name

    def test_in_a_model_that_trains(self) -> None:
        torch.manual_seed(0)
        lstm = reference.LSTM(3, 8, num_layers=2, batch_first=True)
        head = nn.Linear(8, 1)
        optimizer = torch.optim.SGD([*lstm.parameters(), *head.parameters()], lr=0.1)
        x, y = torch.randn(4, 6, 3), torch.randn(4, 1)
        losses = []
        for _ in range(5):
            loss = nn.functional.mse_loss(head(lstm(x)[0][:, -1]), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        assert losses[-1] < losses[0]

    def test_of_copies_mode_and_frozen_weights_and_leaves_the_module_alone(self) -> None:
        lstm = nn.LSTM(3, 4, 2, dropout=0.5)
        lstm.bias_hh_l1.requires_grad_(False)
        stand_in = ReferenceRNN.of(lstm.eval())
        assert not stand_in.training
        assert not stand_in.bias_hh_l1.requires_grad
        with torch.no_grad():
            stand_in.weight_ih_l0.zero_()
        assert lstm.weight_ih_l0.abs().sum() > 0

    def test_of_draws_nothing(self) -> None:
        lstm = nn.LSTM(3, 4)
        before = torch.get_rng_state()
        ReferenceRNN.of(lstm)
        disagreement(lstm, torch.ones(2, 1, 3))
        assert torch.equal(before, torch.get_rng_state())

    def test_of_a_module_whose_weights_are_computed(self) -> None:
        gru = nn.GRU(3, 4)
        nn.utils.parametrizations.weight_norm(gru, "weight_hh_l0")
        assert disagreement(gru, torch.randn(5, 2, 3)) < 1e-6

    def test_a_spectral_norm_does_not_move_when_it_is_looked_at(self) -> None:
        gru = nn.GRU(3, 4)
        nn.utils.parametrizations.spectral_norm(gru, "weight_hh_l0")
        before = copy.deepcopy(gru.state_dict())
        assert disagreement(gru, torch.randn(5, 2, 3)) < 1e-6
        assert all(torch.equal(before[name], value) for name, value in gru.state_dict().items())
        assert gru.parametrizations.weight_hh_l0[0].training

    def test_prints_as_its_arguments(self) -> None:
        assert repr(reference.LSTM(3, 4, num_layers=2)) == "LSTM(3, 4, num_layers=2)"
        assert repr(ReferenceRNN.of(nn.GRU(3, 4))) == "ReferenceRNN(GRU(3, 4))"

    def test_copies_and_pickles(self) -> None:
        stand_in, x = reference.GRU(3, 4), torch.randn(5, 2, 3)
        for other in (copy.deepcopy(stand_in), pickle.loads(pickle.dumps(stand_in))):
            assert torch.equal(stand_in(x)[0], other(x)[0])

    def test_meta(self) -> None:
        stand_in = ReferenceRNN(RNNConfig("LSTM", 100_000, 200_000, device="meta"))
        output, (h_n, c_n) = stand_in(torch.empty(5, 3, 100_000, device="meta"))
        assert output.shape == (5, 3, 200_000)
        assert h_n.shape == c_n.shape == (1, 3, 200_000)

    def test_another_class_is_refused(self) -> None:
        with pytest.raises(SubjectError, match="Linear"):
            ReferenceRNN.of(nn.Linear(3, 4))


class TestRefuses:
    @pytest.mark.parametrize(
        ("shape", "words"),
        [((5, 3, 4), "H_in = 3"), ((3,), "2 or 3 axes"), ((0, 2, 3), "no time step")],
    )
    def test_inputs(self, shape: tuple[int, ...], words: str) -> None:
        with pytest.raises(CallError, match=words):
            reference.GRU(3, 4)(torch.zeros(shape))

    def test_states_that_would_broadcast(self) -> None:
        with pytest.raises(CallError, match=r"h_0 has shape \(1, 1, 4\): give \(1, 2, 4\)"):
            reference.GRU(3, 4)(torch.zeros(5, 2, 3), torch.zeros(1, 1, 4))

    def test_one_state_for_an_lstm(self) -> None:
        with pytest.raises(CallError, match="takes 2 states, not 1"):
            reference.LSTM(3, 4)(torch.zeros(5, 2, 3), torch.zeros(1, 2, 4))


class TestDropout:
    def test_the_same_stream_as_torch_on_the_cpu(self) -> None:
        gru = nn.GRU(3, 16, 3, dropout=0.5)
        stand_in, x = ReferenceRNN.of(gru), torch.randn(5, 2, 3)
        torch.manual_seed(0)
        expected = gru(x)
        torch.manual_seed(0)
        assert largest_difference(expected, stand_in(x)) < 1e-6

    @pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
    def test_everything_dropped_between_layers_and_nothing_after_the_last(self, kind: str) -> None:
        module = getattr(nn, kind)(3, 4, 2, dropout=1.0)
        stand_in, x = ReferenceRNN.of(module), torch.randn(5, 2, 3)
        expected, actual = module(x), stand_in(x)
        assert largest_difference(expected, actual) < 1e-6  # no draw decides anything at rate 1
        blind = torch.zeros(5, 2, 4)  # what the last layer then reads
        top = getattr(reference, kind)(4, 4)
        names = [name for name in stand_in.state_dict() if "_l1" in name]
        top.load_state_dict({n.replace("_l1", "_l0"): stand_in.state_dict()[n] for n in names})
        assert torch.equal(top(blind)[0], actual[0])

    def test_rate_and_scale_of_the_mask(self) -> None:
        """The second layer passes on what it reads, so the mask on the first can be counted."""
        stand_in = reference.RNN(4, 4, num_layers=2, nonlinearity="relu", bias=False, dropout=0.25)
        with torch.no_grad():
            for name, weight in stand_in.named_parameters():
                weight.copy_(torch.eye(4) if "ih" in name else torch.zeros(4, 4))
        torch.manual_seed(0)
        output, _ = stand_in(torch.ones(100, 50, 4))
        kept = output != 0
        assert torch.equal(output[kept], torch.full_like(output[kept], 1 / 0.75))
        assert abs(float(kept.float().mean()) - 0.75) < 0.02
        assert torch.equal(stand_in.eval()(torch.ones(1, 1, 4))[0], torch.ones(1, 1, 4))

    def test_disagreement_leaves_dropout_and_mode_as_they_were(self) -> None:
        lstm = nn.LSTM(3, 4, 2, dropout=0.5)
        assert disagreement(lstm, torch.randn(5, 2, 3)) < 1e-6
        assert lstm.training


class TestSteps:
    @given(cases(dtypes=["float64"]))
    @settings(max_examples=50, deadline=None)
    def test_said_aloud_the_results_are_the_same(self, case: Case) -> None:
        module, x, hx = case
        stand_in = ReferenceRNN.of(module)
        expected = stand_in(x, hx)
        stand_in.listener = lambda step: None
        assert largest_difference(expected, stand_in(x, hx)) < 1e-12

    @given(st.data())
    @settings(max_examples=40, deadline=None)
    def test_every_step_of_every_layer_direction_and_time_once(self, data: st.DataObject) -> None:
        config = data.draw(configs())
        call = data.draw(calls(config))
        stand_in, steps = ReferenceRNN(config), list[Step]()
        stand_in.listener = steps.append
        stand_in(make_input(config, call), make_states(config, call))
        longest = 1 if config.single_step else max(call.lengths or (call.seq_len,))
        lines = len(equations_of(config))
        said = [(s.layer, s.direction, s.time, s.line) for s in steps if not s.product]
        products = [s for s in steps if s.product]
        projections = config.num_layers * config.directions * longest * bool(config.proj_size)
        runs = config.num_layers * config.directions * longest
        assert len(said) == len(set(said)) == runs * lines - projections
        assert len(products) == runs * 2 * config.gate_multiple + projections

    def test_shapes_of_one_gate(self) -> None:
        stand_in, steps = reference.LSTM(10, 20), list[Step]()
        stand_in.listener = steps.append
        stand_in(torch.zeros(5, 3, 10))
        of_input, of_state, line, *_ = steps
        assert [(o.name, o.shape) for o in of_input.operands] == [
            ("x_t", (3, 10)),
            ("W_ii^T", (10, 20)),
        ]
        assert [(o.name, o.shape) for o in of_state.operands] == [
            ("h_(t-1)", (3, 20)),
            ("W_hi^T", (20, 20)),
        ]
        assert (line.name, line.gate, line.time, line.result) == ("i_t", "i", 0, (3, 20))

    def test_packed_steps_have_the_samples_that_run(self) -> None:
        stand_in, steps = reference.GRU(3, 4), list[Step]()
        stand_in.listener = steps.append
        stand_in(pack_padded_sequence(torch.zeros(3, 2, 3), [1, 3], enforce_sorted=False))
        rows = {step.time: step.result[0] for step in steps}
        assert rows == {0: 2, 1: 1, 2: 1}
