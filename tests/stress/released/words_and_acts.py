"""Text, recommendations, and agents that act step by step."""

# ruff: noqa: N802 (cases are named after the package and the class that they build)

from __future__ import annotations

import types
from importlib import import_module
from typing import Any

import torch

from released.cases import (
    BATCH,
    TIME,
    Case,
    Training,
    case,
    floats,
    padded_tokens,
    tokens,
    unpadded,
)


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
def easyocr_Model() -> Case:
    from easyocr.model.vgg_model import Model

    model = Model(1, 16, 8, 10)
    return Case(model, (floats(1, 32, 60),), lambda x: model(x, None))


def _recbole(module: str, name: str, **options: Any) -> Case:
    networks = import_module(f"recbole.model.sequential_recommender.{module}")
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
