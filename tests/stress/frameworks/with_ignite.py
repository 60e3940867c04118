import torch
from common import Classifier, data, left, seed
from ignite.engine import Events, create_supervised_evaluator, create_supervised_trainer
from ignite.metrics import Accuracy, Loss
from torch.utils.data import DataLoader, TensorDataset

seed()
model, criterion = Classifier(), torch.nn.CrossEntropyLoss()
loader = DataLoader(TensorDataset(*data()), batch_size=8, shuffle=True)
held_out = DataLoader(TensorDataset(*data(16)), batch_size=8)
trainer = create_supervised_trainer(model, torch.optim.Adam(model.parameters()), criterion)
evaluator = create_supervised_evaluator(
    model, metrics={"accuracy": Accuracy(), "loss": Loss(criterion)}
)


@trainer.on(Events.EPOCH_COMPLETED)
def evaluate(engine):
    evaluator.run(held_out)
    print(engine.state.epoch, evaluator.state.metrics)


trainer.run(loader, max_epochs=3)
print(left(model))
