import torch
from accelerate import Accelerator
from common import Classifier, data, left, seed
from torch.utils.data import DataLoader, TensorDataset

seed()
accelerator = Accelerator(cpu=True, gradient_accumulation_steps=2)
model = Classifier()
loader = DataLoader(TensorDataset(*data()), batch_size=8, shuffle=True)
optimizer = torch.optim.Adam(model.parameters())
model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
for epoch in range(3):
    for x, y in loader:
        with accelerator.accumulate(model):
            loss = torch.nn.functional.cross_entropy(model(x), y)
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
    print(epoch, loss.item())
print(left(accelerator.unwrap_model(model)))
