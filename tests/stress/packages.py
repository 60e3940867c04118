"""Recurrent models out of released packages, watched: none of them may be accused wrongly.

    python tests/stress/packages.py                  every model
    python tests/stress/packages.py asteroid tsai    those whose names contain one of these

Each is built small, from scratch, and trained for one epoch of a shuffling DataLoader, then run in
evaluation mode, all under rnnscope.watch(). It is done twice: with the package as a library, as a
user has it, and as if its files were the user's own, as its authors see it. What is found is
printed with its line; exit status 1 when something was found that is not in CAUGHT. Packages that
are not installed, or do not import, are named and passed over; packages-requirements.txt says how
to install them. Real mistakes, with their proofs, are in CAUGHT.

Silence says most where the probe compares samples too. It does not where the samples of a call lie
in one axis with something else (graphs), where no loader says which they are, where a package runs
another path for other values, and in layers written by hand.
"""

# ruff: noqa: N802, N811 (cases are named after the package and the class that they build)

from __future__ import annotations

import argparse
import importlib.abc
import importlib.machinery
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import rnnscope
from rnnscope import frames
from rnnscope.findings import Finding
from rnnscope.tracing import places

N, BATCH, TIME = 12, 6, 10

PACKAGES = [
    "asteroid",
    "darts",
    "demucs",
    "denoiser",
    "easyocr",
    "espnet",
    "gluonts",
    "neuralforecast",
    "openunmix",
    "pyannote",
    "pytorch_forecasting",
    "recbole",
    "sb3_contrib",
    "speechbrain",
    "stable_baselines3",
    "stanza",
    "tianshou",
    "torch_geometric",
    "transformers",
    "tsai",
]

# Real mistakes in released packages, by model and code, each with its proof.
LAST_STEP = (
    "models/RNN.py takes output[:, -1] also when bidirectional: the backward half of it has seen "
    "the last step only. weight_hh_l0_reverse gets exactly zero gradient, weight_hh_l0 does not."
)
TORN = (
    "nnet/RNN.py reshapes the states from (batch, layers, 2*hidden) to (2*layers, batch, hidden) "
    "without moving axes. LiGRU(8, (6, 10, 5), num_layers=2, bidirectional=True).eval(): changing "
    "sample 0 moves the returned states of sample 1 by 0.41, the output of no sample but 0."
)
CAUGHT: dict[tuple[str, str], str] = {
    ("speechbrain_LiGRU", "RNN303"): TORN,
    ("tsai_GRU_bidirectional", "RNN402"): LAST_STEP,
    ("tsai_LSTMPlus", "RNN402"): LAST_STEP.replace(
        "models/RNN.py takes output[:, -1]", "LastStep of models/layers.py takes x[..., -1]"
    ),
}

Outputs = Any
Training = Callable[[], None]


class _StandIn(types.ModuleType):
    """A module of which anything may be imported: its models here use none of it."""

    __path__: list[str] = []  # noqa: RUF012

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _StandIn(name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return args[0] if len(args) == 1 and callable(args[0]) else _StandIn("result")

    def __len__(self) -> int:
        return 0

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (object,)


class _StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the stand-ins: parts compiled against another torch, imported and not used here."""

    NAMES = ("torchaudio", "torchvision", "torchcodec", "torch_audiomentations", "ray", "optuna")

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name.split(".")[0] not in self.NAMES:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: Any) -> types.ModuleType:
        module = _StandIn(spec.name)
        module.__dict__["__version__"] = "2.11.0"
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        pass


@dataclass(frozen=True)
class Case:
    """A model, its data with the samples on axis 0, and how to call it if not by ``model(*x)``."""

    model: nn.Module
    data: tuple[torch.Tensor, ...]
    call: Callable[..., Outputs] | None = None

    def run(self, *batch: torch.Tensor) -> Outputs:
        return (self.call or self.model)(*batch)


CASES: dict[str, Callable[[], Case | Training]] = {}


def case(build: Callable[[], Case | Training]) -> Callable[[], Case | Training]:
    CASES[build.__name__] = build
    return build


def floats(*shape: int) -> torch.Tensor:
    return torch.randn(N, *shape)


def tokens(*shape: int, upto: int = 20) -> torch.Tensor:
    return torch.randint(1, upto, (N, *shape))


def padded_tokens() -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids padded with 0 at the end, and their lengths."""
    lengths = torch.randint(3, TIME + 1, (N,))
    lengths[::2] = TIME
    ids = tokens(TIME)
    ids[torch.arange(TIME) >= lengths.unsqueeze(1)] = 0
    return ids, lengths


def unpadded(output: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """The output with 0 where a sequence (axis 0) has ended (axis 1): the loss reads no padding."""
    mask = torch.arange(output.shape[1]) < lengths.unsqueeze(1)
    return output * mask.unsqueeze(-1)


@case
def openunmix_OpenUnmix() -> Case:
    from openunmix.model import OpenUnmix

    return Case(OpenUnmix(33, 2, 16, 2), (floats(2, 33, 20).abs(),))


@case
def openunmix_OpenUnmix_unidirectional() -> Case:
    from openunmix.model import OpenUnmix

    return Case(OpenUnmix(33, 1, 16, 2, unidirectional=True), (floats(1, 33, 20).abs(),))


def _speechbrain(name: str, **options: Any) -> Case:
    import speechbrain.nnet.RNN as networks

    model = getattr(networks, name)(hidden_size=8, input_shape=(None, None, 5), **options)
    return Case(model, (floats(TIME, 5),), lambda x: model(x))


@case
def speechbrain_LSTM() -> Case:
    return _speechbrain("LSTM", num_layers=2, bidirectional=True)


@case
def speechbrain_LSTM_lengths() -> Case:
    model = _speechbrain("LSTM", bidirectional=True).model
    lengths = torch.linspace(0.4, 1, N)
    return Case(
        model,
        (floats(TIME, 5), lengths),
        lambda x, n: unpadded(model(x, lengths=n)[0], (n * TIME).round()),
    )


@case
def speechbrain_GRU() -> Case:
    return _speechbrain("GRU", num_layers=2)


@case
def speechbrain_LiGRU() -> Case:
    from speechbrain.nnet.RNN import LiGRU

    return Case(LiGRU(8, (BATCH, TIME, 5), num_layers=2, bidirectional=True), (floats(TIME, 5),))


@case
def speechbrain_QuasiRNN() -> Case:
    return _speechbrain("QuasiRNN", num_layers=2, bidirectional=True)


@case
def speechbrain_AttentionalRNNDecoder() -> Case:
    from speechbrain.nnet.RNN import AttentionalRNNDecoder

    decoder = AttentionalRNNDecoder("gru", "location", 8, 6, 1, 7, 5, channels=4, kernel_size=3)
    return Case(decoder, (floats(6, 5), floats(TIME, 7), torch.ones(N)))


@case
def speechbrain_CRDNN() -> Case:
    from speechbrain.lobes.models.CRDNN import CRDNN
    from speechbrain.nnet.RNN import LSTM

    sizes = {"cnn_channels": [4, 4], "rnn_neurons": 8, "rnn_layers": 2, "dnn_neurons": 8}
    model = CRDNN(input_shape=(None, None, 20), rnn_class=LSTM, **sizes)
    return Case(model, (floats(16, 20),))


@case
def speechbrain_DualPath() -> Case:
    from speechbrain.lobes.models.dual_path import Dual_Path_Model, SBRNNBlock

    intra = SBRNNBlock(8, 8, 1, "LSTM", bidirectional=True)
    inter = SBRNNBlock(8, 8, 1, "LSTM", bidirectional=True)
    model = Dual_Path_Model(8, 8, intra, inter, num_layers=2, norm="ln", K=6, num_spks=2)
    return Case(model, (floats(8, 30),), lambda x: model(x).transpose(0, 1))


@case
def speechbrain_ResourceEfficientSeparator() -> Case:
    from speechbrain.lobes.models.resepformer import MemLSTM, ResourceEfficientSeparator, SegLSTM

    segment, memory = SegLSTM(8, 8, bidirectional=True), MemLSTM(8, bidirectional=True)
    sizes = {"layer": 2, "segment_size": 6, "mem_type": "hc", "unit": 8}
    model = ResourceEfficientSeparator(
        8, causal=False, num_spk=2, seg_model=segment, mem_model=memory, **sizes
    )
    return Case(model, (floats(8, 30),), lambda x: model(x).transpose(0, 1))


@case
def asteroid_DPRNNTasNet() -> Case:
    from asteroid.models import DPRNNTasNet

    sizes = {"n_filters": 8, "bn_chan": 8, "hid_size": 8, "chunk_size": 6, "n_repeats": 2}
    return Case(DPRNNTasNet(2, **sizes), (floats(200),))


@case
def asteroid_LSTMTasNet() -> Case:
    from asteroid.models import LSTMTasNet

    return Case(LSTMTasNet(2, n_filters=16, hid_size=8, n_layers=2), (floats(200),))


@case
def asteroid_DPTNet() -> Case:
    from asteroid.models import DPTNet

    sizes = {"n_filters": 8, "n_heads": 2, "ff_hid": 8, "chunk_size": 6, "n_repeats": 1}
    return Case(DPTNet(2, **sizes), (floats(200),))


@case
def asteroid_DCCRNet() -> Case:
    from asteroid.models import DCCRNet

    return Case(DCCRNet("mini", stft_n_filters=512), (floats(2000),))


@case
def asteroid_StackedResidualBiRNN() -> Case:
    from asteroid.masknn.recurrent import StackedResidualBiRNN

    return Case(StackedResidualBiRNN("LSTM", 8, 3), (floats(TIME, 8),))


@case
def asteroid_MulCatRNN() -> Case:
    from asteroid.masknn.recurrent import MulCatRNN

    return Case(MulCatRNN("LSTM", 5, 8, bidirectional=True), (floats(TIME, 5),))


def _sets(model: nn.Module) -> Case:
    """Aggregations take the elements of all sets in one tensor, and which set each is of."""

    def call(x: torch.Tensor) -> torch.Tensor:
        index = torch.arange(len(x)).repeat_interleave(x.shape[1])
        return model(x.flatten(0, 1), index, dim_size=len(x))

    return Case(model, (floats(7, 4),), call)


@case
def torch_geometric_Set2Set() -> Case:
    from torch_geometric.nn.aggr import Set2Set

    return _sets(Set2Set(4, 3, num_layers=2))


@case
def torch_geometric_LSTMAggregation() -> Case:
    from torch_geometric.nn.aggr import LSTMAggregation

    return _sets(LSTMAggregation(4, 8))


@case
def torch_geometric_GRUAggregation() -> Case:
    from torch_geometric.nn.aggr import GRUAggregation

    return _sets(GRUAggregation(4, 8))


def _graph(model: nn.Module, call: Callable[..., Any]) -> Case:
    """A ring over the nodes of each graph; the graphs of a batch are one large graph."""

    def run(x: torch.Tensor) -> torch.Tensor:
        nodes = torch.arange(x.shape[0] * x.shape[1]).view(x.shape[:2])
        edges = torch.stack([nodes.flatten(), nodes.roll(1, 1).flatten()])
        graph = torch.arange(len(x)).repeat_interleave(x.shape[1])
        return call(x.flatten(0, 1), edges, graph)

    return Case(model, (floats(5, 8),), run)


@case
def torch_geometric_AttentiveFP() -> Case:
    from torch_geometric.nn.models import AttentiveFP

    model = AttentiveFP(8, 8, 3, 1, num_layers=2, num_timesteps=2)
    return _graph(model, lambda x, e, g: model(x, e, torch.ones(e.shape[1], 1), g))


@case
def torch_geometric_GatedGraphConv() -> Case:
    from torch_geometric.nn import GatedGraphConv

    model = GatedGraphConv(8, 3)
    return _graph(model, lambda x, e, g: model(x, e))


@case
def torch_geometric_JumpingKnowledge() -> Case:
    from torch_geometric.nn.models import GIN

    model = GIN(8, 8, 3, jk="lstm")
    return _graph(model, lambda x, e, g: model(x, e))


@case
def transformers_Encodec() -> Case:
    from transformers import EncodecConfig, EncodecModel

    sizes = {"num_filters": 4, "hidden_size": 8, "codebook_size": 16, "codebook_dim": 8}
    config = EncodecConfig(upsampling_ratios=[2, 2], target_bandwidths=[48.0], **sizes)
    model = EncodecModel(config)
    return Case(model, (floats(1, 64),), lambda x: model.decoder(model.encoder(x)))


@case
def stanza_Tokenizer() -> Case:
    from stanza.models.tokenization.model import Tokenizer

    switches = dict.fromkeys(["charlm_forward_file", "hier_conv_res"], False)
    args = {"feat_dim": 3, "rnn_layers": 2, "conv_res": "1,3", "use_mwt": True, "tok_noise": 0.1}
    args |= {"hierarchical": True, "hier_invtemp": 0.5, **switches}
    model = Tokenizer(args, 20, 6, 8, 0.1, 0.1)
    lengths = torch.arange(TIME, TIME - BATCH, -1)
    mask = torch.arange(TIME) < lengths.unsqueeze(1)

    def call(ids: torch.Tensor, features: torch.Tensor) -> Any:
        scores = model(ids * mask, features * mask.unsqueeze(-1), lengths.tolist())
        return scores * mask.unsqueeze(-1)

    return Case(model, (tokens(TIME), floats(TIME, 3)), call)


@case
def stanza_LangIDBiLSTM() -> Case:
    from stanza.models.langid.model import LangIDBiLSTM

    characters = {"<PAD>": 0} | {chr(97 + i): i + 1 for i in range(19)}
    model = LangIDBiLSTM(characters, {"en": 0, "fr": 1}, 2, 6, 8)
    return Case(model, (tokens(TIME),))


@case
def stanza_PackedLSTM() -> Case:
    from stanza.models.common.packed_lstm import PackedLSTM

    model = PackedLSTM(5, 8, 2, batch_first=True, bidirectional=True, pad=True, rec_dropout=0.1)
    lengths = torch.tensor([10, 9, 9, 7, 5, 3])
    return Case(model, (floats(TIME, 5),), lambda x: unpadded(model(x, lengths)[0], lengths))


@case
def stanza_HighwayLSTM() -> Case:
    from stanza.models.common.hlstm import HighwayLSTM

    model = HighwayLSTM(5, 8, 2, batch_first=True, bidirectional=True)

    return Case(model, (floats(TIME, 5),), lambda x: model(x, [TIME] * len(x))[0])


@case
def stanza_Seq2Seq() -> Case:
    from stanza.models.common.seq2seq_model import Seq2SeqModel

    args = {"vocab_size": 20, "emb_dim": 6, "hidden_dim": 8, "num_layers": 1, "emb_dropout": 0.1}
    args |= {"dropout": 0.1, "max_dec_len": 8, "top": 1000, "attn_type": "soft"}
    model = Seq2SeqModel(args)

    def call(source: torch.Tensor, target: torch.Tensor) -> Any:
        return model(source, source.eq(0), target)[0]

    return Case(model, (tokens(TIME), tokens(7)), call)


@case
def gluonts_DeepAR() -> Case:
    from gluonts.torch.model.deepar.module import DeepARModel

    model = DeepARModel(
        "D",
        8,
        4,
        2,
        1,
        1,
        [3],
        num_layers=2,
        hidden_size=8,
        lags_seq=[1, 2],
        num_parallel_samples=3,
    )
    past = 8 + 2
    data = (tokens(1, upto=3), floats(1), floats(past, 2), floats(past), torch.ones(N, past))
    data = (*data, floats(4, 2))

    def call(*inputs: torch.Tensor) -> Any:
        """Forecasts are drawn, without a gradient: training goes by the likelihood."""
        future = inputs[3][:, :4]
        return model.loss(*inputs, future, future.gt(-99)) if model.training else model(*inputs)

    return Case(model, data, call)


def _darts(kind: str, **options: Any) -> Training:
    import numpy
    from darts import TimeSeries, models

    series = TimeSeries.from_values(numpy.random.randn(60, 2).astype("float32"))
    quiet = dict.fromkeys(["enable_progress_bar", "enable_model_summary", "logger"], False)
    trainer = {"accelerator": "cpu", "enable_checkpointing": False, **quiet}
    sizes = {"input_chunk_length": 8, "n_epochs": 2, "batch_size": 6, "hidden_dim": 8}
    model = getattr(models, kind)(**sizes, **options, pl_trainer_kwargs=trainer)

    def train() -> None:
        model.fit(series)
        model.predict(4)

    return train


@case
def darts_RNNModel() -> Training:
    return _darts("RNNModel", model="LSTM", training_length=12, n_rnn_layers=2, dropout=0.1)


@case
def darts_BlockRNNModel() -> Training:
    return _darts("BlockRNNModel", model="GRU", output_chunk_length=4, n_rnn_layers=2)


@case
def darts_TFTModel() -> Training:
    import darts.models

    def build(**options: Any) -> Any:
        options["hidden_size"] = options.pop("hidden_dim")
        return darts.models.TFTModel.__class__ and darts.models.TFTModel(**options)

    darts.models.SmallTFT = build
    return _darts("SmallTFT", output_chunk_length=4, add_relative_index=True)


@case
def sb3_contrib_RecurrentPPO() -> Training:
    import gymnasium
    from sb3_contrib import RecurrentPPO

    from_ = gymnasium.make("CartPole-v1")
    options = {"lstm_hidden_size": 8, "net_arch": [8], "n_lstm_layers": 1}
    agent = RecurrentPPO(
        "MlpLstmPolicy", from_, n_steps=32, batch_size=16, n_epochs=1, policy_kwargs=options
    )

    def train() -> None:
        agent.learn(64)
        state, start = None, True
        seen, _ = from_.reset(seed=0)
        for _ in range(5):
            action, state = agent.predict(seen, state=state, episode_start=[start])
            seen, *_ = from_.step(int(action))
            start = False

    return train


@case
def tianshou_Recurrent() -> Case:
    from tianshou.utils.net.common import Recurrent

    model = Recurrent(layer_num=2, state_shape=4, action_shape=3, hidden_layer_size=8)
    return Case(model, (floats(TIME, 4),), lambda x: model(x)[0])


@case
def denoiser_Demucs() -> Case:
    from denoiser.demucs import Demucs

    return Case(Demucs(hidden=4, depth=2, resample=1), (floats(1, 200),))


@case
def denoiser_Demucs_bidirectional() -> Case:
    from denoiser.demucs import Demucs

    return Case(Demucs(hidden=4, depth=2, causal=False), (floats(1, 200),))


@case
def demucs_Demucs() -> Case:
    from demucs.demucs import Demucs

    sizes = {"audio_channels": 1, "channels": 8, "depth": 2, "lstm_layers": 2, "dconv_mode": 0}
    return Case(Demucs(["a", "b"], **sizes), (floats(1, 400),))


@case
def demucs_HDemucs() -> Case:
    from demucs.hdemucs import HDemucs

    sizes = {"audio_channels": 1, "channels": 8, "depth": 6, "norm_groups": 4}
    return Case(HDemucs(["a", "b"], **sizes), (floats(1, 8192),))


@case
def easyocr_Model() -> Case:
    from easyocr.model.vgg_model import Model

    model = Model(1, 16, 8, 10)
    return Case(model, (floats(1, 32, 60),), lambda x: model(x, None))


def _tsai(module: str, name: str, **options: Any) -> Case:
    network = getattr(importlib.import_module(f"tsai.models.{module}"), name)
    return Case(network(3, 2, **options), (floats(3, TIME),))


@case
def tsai_LSTM() -> Case:
    return _tsai("RNN", "LSTM", hidden_size=8, n_layers=2)


@case
def tsai_GRU_bidirectional() -> Case:
    return _tsai("RNN", "GRU", hidden_size=8, bidirectional=True)


@case
def tsai_LSTMPlus() -> Case:
    return _tsai("RNNPlus", "LSTMPlus", seq_len=TIME, hidden_size=8, bidirectional=True)


@case
def tsai_LSTM_FCN() -> Case:
    return _tsai("RNN_FCN", "LSTM_FCN", seq_len=TIME, hidden_size=8)


@case
def tsai_LSTMAttention() -> Case:
    return _tsai("RNNAttention", "LSTMAttention", seq_len=TIME, hidden_size=8, n_heads=2)


def _recbole(module: str, name: str, **options: Any) -> Case:
    networks = importlib.import_module(f"recbole.model.sequential_recommender.{module}")
    config = {
        "USER_ID_FIELD": "user",
        "ITEM_ID_FIELD": "item",
        "LIST_SUFFIX": "_list",
        "ITEM_LIST_LENGTH_FIELD": "length",
        "NEG_PREFIX": "neg_",
        "MAX_ITEM_LIST_LENGTH": TIME,
        "device": torch.device("cpu"),
        "embedding_size": 8,
        "hidden_size": 8,
        "loss_type": "CE",
    }
    data = types.SimpleNamespace(num=lambda field: 20)
    return Case(getattr(networks, name)({**config, **options}, data), padded_tokens())


@case
def recbole_GRU4Rec() -> Case:
    return _recbole("gru4rec", "GRU4Rec", num_layers=2, dropout_prob=0.1)


@case
def recbole_NARM() -> Case:
    return _recbole("narm", "NARM", n_layers=1, dropout_probs=[0.1, 0.1])


def _windows(name: str, **options: Any) -> Case:
    import neuralforecast.models as networks

    model = getattr(networks, name)(h=4, input_size=TIME, **options)

    def call(y: torch.Tensor) -> Any:
        empty = dict.fromkeys(["futr_exog", "hist_exog", "stat_exog"])
        return model({"insample_y": y, "insample_mask": torch.ones_like(y), **empty})

    return Case(model, (floats(TIME, 1),), call)


@case
def neuralforecast_LSTM() -> Case:
    return _windows("LSTM", encoder_hidden_size=8, decoder_hidden_size=8)


@case
def neuralforecast_GRU() -> Case:
    return _windows("GRU", encoder_hidden_size=8, decoder_hidden_size=8)


@case
def neuralforecast_TFT() -> Case:
    return _windows("TFT", hidden_size=8)


def _forecasting(name: str, **options: Any) -> Training:
    import numpy
    import pandas
    import pytorch_forecasting as package

    rows = pandas.DataFrame({"value": numpy.random.randn(80), "time": [*range(40)] * 2})
    rows["series"] = ["a"] * 40 + ["b"] * 40
    table = package.TimeSeriesDataSet(
        rows,
        "time",
        "value",
        ["series"],
        max_encoder_length=8,
        max_prediction_length=4,
        time_varying_known_reals=["time"],
        time_varying_unknown_reals=["value"],
        target_normalizer=package.data.encoders.EncoderNormalizer(),
        **({"min_encoder_length": 3} if name == "TemporalFusionTransformer" else {}),
    )
    model = getattr(package, name).from_dataset(table, **options)

    def train() -> None:
        for x, (y, _) in table.to_dataloader(train=True, batch_size=BATCH, num_workers=0):
            prediction = model(x)["prediction"]
            (prediction.mean(-1) - y).pow(2).mean().backward()
        model.eval()
        with torch.no_grad():
            for x, _ in table.to_dataloader(train=False, batch_size=BATCH, num_workers=0):
                model(x)

    return train


@case
def pytorch_forecasting_RecurrentNetwork() -> Training:
    return _forecasting("RecurrentNetwork", hidden_size=8)


@case
def pytorch_forecasting_DeepAR() -> Training:
    return _forecasting("DeepAR", hidden_size=8)


@case
def pytorch_forecasting_TemporalFusionTransformer() -> Training:
    return _forecasting("TemporalFusionTransformer", hidden_size=8)


@case
def pyannote_PyanNet() -> Case:
    from pyannote.audio.models.segmentation.PyanNet import PyanNet

    model = PyanNet(sincnet={"stride": 10}, lstm={"hidden_size": 8, "num_layers": 2})
    model.classifier, model.activation = nn.Linear(128, 3), nn.Sigmoid()
    return Case(model, (floats(1, 8000),))


@case
def espnet_Encoder() -> Case:
    from espnet.nets.pytorch_backend.rnn.encoders import RNNP

    model = RNNP(5, 2, 8, 8, [1, 1, 1], 0.1)
    lengths = torch.tensor([10, 9, 9, 7, 5, 3])
    return Case(model, (floats(TIME, 5),), lambda x: unpadded(model(x, lengths)[0], lengths))


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tensors(item)
    elif hasattr(value, "values") and callable(value.values):
        yield from _tensors(list(value.values()))


def loss_of(outputs: Outputs) -> torch.Tensor:
    """The mean square of everything that a model returns and that has a gradient."""
    parts = [t for t in _tensors(outputs) if t.is_floating_point() and t.requires_grad]
    return torch.stack([part.pow(2).mean() for part in parts]).sum()


def train_and_evaluate(subject: Case) -> None:
    loader = DataLoader(TensorDataset(*subject.data), batch_size=BATCH, shuffle=True)
    weights = [p for p in subject.model.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(weights, lr=1e-3)
    subject.model.train()
    for batch in loader:
        optimizer.zero_grad()
        outputs = subject.run(*batch)
        if any(t.requires_grad for t in _tensors(outputs)):
            loss_of(outputs).backward()
            optimizer.step()
    subject.model.eval()
    with torch.no_grad():
        for batch in loader:
            subject.run(*batch)


def watched(name: str, as_authors: bool) -> tuple[Finding, ...]:
    """What a watch finds in one model, of severity error or warning."""
    if as_authors:
        places.is_users = _is_authors
    _forget_places()
    torch.manual_seed(0)
    try:
        subject = CASES[name]()
        with rnnscope.watch() as seen:
            train_and_evaluate(subject) if isinstance(subject, Case) else subject()
    finally:
        places.is_users = frames.is_users
        _forget_places()
    return tuple(f for f in seen.findings if f.severity.counts)


def _is_authors(filename: str) -> bool:
    """True for the user's files, and for those of the package that the models come from."""
    package = filename.partition("/site-packages/")[2].partition("/")[0]
    return frames.is_users(filename) or package in PACKAGES


def _forget_places() -> None:
    places._users.clear()
    places._places.clear()


def report(name: str) -> tuple[str, bool]:
    """(what to print, whether it is as it must be) for one model."""
    found: dict[tuple[str, str], Finding] = {}
    for as_authors in (False, True):
        for finding in watched(name, as_authors):
            found.setdefault((finding.code, str(as_authors)), finding)
    lines = [f"{name}: {'silent' if not found else ''}"]
    fine = True
    for (code, authors), finding in found.items():
        known = CAUGHT.get((name, code))
        fine &= known is not None
        lines.append(f"  {'catch' if known else 'ALARM'} (authors: {authors}) {finding}")
        lines += [f"      {related}" for related in finding.related]
        lines += [f"      proof: {known}"] if known else []
    return "\n".join(lines), fine


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("names", nargs="*", help="parts of names of models")
    wanted = options.parse_args().names
    sys.meta_path.append(_StandIns())
    torch.set_num_threads(2)
    warnings.simplefilter("ignore")
    ran, absent, alarms = 0, 0, 0
    for name in [n for n in CASES if not wanted or any(w in n for w in wanted)]:
        try:
            with redirect_stdout(sys.stderr):
                text, fine = report(name)
        except Exception as failure:
            absent += 1
            print(f"{name}: not run: {type(failure).__name__}: {str(failure)[:150]}", flush=True)
            continue
        ran, alarms = ran + 1, alarms + (not fine)
        print(text, flush=True)
    print(f"{ran} models ran, {absent} did not, {alarms} with alarms")
    return 1 if alarms else 0


if __name__ == "__main__":
    sys.exit(main())
