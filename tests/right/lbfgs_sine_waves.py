# after pytorch/examples time_sequence_prediction: LBFGS, float64, two LSTMCells, future steps
import torch
import torch.nn as nn


class Sequence(nn.Module):
    def __init__(self, h=12):
        super().__init__()
        self.h = h
        self.lstm1 = nn.LSTMCell(1, h)
        self.lstm2 = nn.LSTMCell(h, h)
        self.linear = nn.Linear(h, 1)

    def forward(self, input, future=0):
        outputs = []
        n = input.size(0)
        h_t = torch.zeros(n, self.h, dtype=torch.double)
        c_t = torch.zeros(n, self.h, dtype=torch.double)
        h_t2 = torch.zeros(n, self.h, dtype=torch.double)
        c_t2 = torch.zeros(n, self.h, dtype=torch.double)
        for input_t in input.split(1, dim=1):
            h_t, c_t = self.lstm1(input_t, (h_t, c_t))
            h_t2, c_t2 = self.lstm2(h_t, (h_t2, c_t2))
            output = self.linear(h_t2)
            outputs += [output]
        for _ in range(future):
            h_t, c_t = self.lstm1(output, (h_t, c_t))
            h_t2, c_t2 = self.lstm2(h_t, (h_t2, c_t2))
            output = self.linear(h_t2)
            outputs += [output]
        return torch.cat(outputs, dim=1)


torch.manual_seed(0)
data = torch.sin(torch.arange(24.0).double() / 3 + 6 * torch.rand(8, 1).double())
inp, target = data[2:, :-1], data[2:, 1:]
test_inp, test_target = data[:2, :-1], data[:2, 1:]
seq = Sequence().double()
criterion = nn.MSELoss()
optimizer = torch.optim.LBFGS(seq.parameters(), lr=0.8, max_iter=4)
for i in range(3):

    def closure():
        optimizer.zero_grad()
        loss = criterion(seq(inp), target)
        loss.backward()
        return loss

    loss = optimizer.step(closure)
    with torch.no_grad():
        pred = seq(test_inp, future=5)
        test = criterion(pred[:, :-5], test_target)
    print("step", i, "loss %.5f test %.5f" % (loss.item(), test.item()))
