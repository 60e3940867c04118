"""A model that has run is copied, saved, loaded, averaged and pruned."""

import copy
import io

import torch
from torch import nn
from torch.nn.utils import prune
from torch.optim.swa_utils import AveragedModel

model = nn.ModuleDict({"lstm": nn.LSTM(4, 6), "head": nn.Linear(6, 2)})
x = torch.randn(5, 3, 4)
model["head"](model["lstm"](x)[0]).sum().backward()
twin = copy.deepcopy(model)
averaged = AveragedModel(model)
averaged.update_parameters(model)
prune.l1_unstructured(twin["lstm"], "weight_ih_l0", amount=0.5)
file = io.BytesIO()
torch.save({"model": model, "state": twin.state_dict()}, file)
file.seek(0)
loaded = torch.load(file, weights_only=False)["model"]
print(torch.equal(loaded["lstm"](x)[0], model["lstm"](x)[0]), sorted(vars(model["lstm"])))
